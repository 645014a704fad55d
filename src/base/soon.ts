const resolved = Promise.resolve()

/** Runs `work` once the present call has returned, as `queueMicrotask` does, which makes an async resource each time. */
export function soon(work: () => void): void {
  void resolved.then(work)
}
