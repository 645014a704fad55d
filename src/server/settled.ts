/** A promise whose end is told from outside. */
export interface Settled {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

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

/** Resolves when the work has ended, whichever way, or after so many ms. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let late: NodeJS.Timeout | undefined
  const patience = new Promise<void>(resolve => {
    late = setTimeout(resolve, ms)
  })
  await Promise.race([work.catch(() => {}), patience])
  clearTimeout(late)
}
