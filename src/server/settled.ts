/** A promise that somebody else settles. */
export interface Settled {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** One that is not settled yet. */
export function settled(): Settled {
  let resolve!: () => void
  let reject!: (error: Error) => void
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  promise.catch(() => {}) // whoever does not wait for it must not end the process
  return { promise, resolve, reject }
}
