import type { NodeStore } from './node-store.ts'
import { scrubStepMs } from './scrub.ts'

/** ms between two rounds of maintenance on a node that does not serve; one that does has its own (service.ts). */
const followerRoundMs = 5000

/** What comes round on a node in any role: maintenance while it `follows`, and the scrub. Answers what ends it. */
export function startRounds(store: NodeStore, follows: () => boolean): () => void {
  const maintain = setInterval(() => {
    if (follows()) void store.maintain()
  }, followerRoundMs).unref()
  const { scrub } = store
  const verify = scrub === null ? null : setInterval(() => void scrub.step(performance.now()), scrubStepMs).unref()
  return () => {
    clearInterval(maintain)
    if (verify !== null) clearInterval(verify)
  }
}
