import type { Broker } from '../broker/broker.ts'

/** Resolves when everything appended up to now is committed: at once, when all of it is. */
export function committed(broker: Broker): Promise<void> {
  const { journal } = broker
  return new Promise(resolve => {
    if (journal.end > journal.committed) broker.afterCommit(resolve)
    else resolve()
  })
}
