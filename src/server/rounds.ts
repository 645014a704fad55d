import type { NodeStore } from './node-store.ts'
import type { Protection } from './protection.ts'
import { scrubStepMs } from './scrub.ts'

/** ms between two rounds of maintenance on a node that does not serve; one that does has its own (service.ts). */
const followerRoundMs = 5000

/** ms between two looks at certificates; the first is now. */
const certificatesMs = 86_400_000

/**
 * What comes round on a node in any role: maintenance while it `follows`, the scrub, and a look at how long certificates
 * are good. Answers what ends it.
 */
export function startRounds(
  store: NodeStore,
  follows: () => boolean,
  protection: Pick<Protection, 'tellCertificates'>,
): () => void {
  const maintain = setInterval(() => {
    if (follows()) void store.maintain()
  }, followerRoundMs).unref()
  const { scrub } = store
  const verify = scrub === null ? null : setInterval(() => void scrub.step(performance.now()), scrubStepMs).unref()
  protection.tellCertificates()
  const look = setInterval(() => protection.tellCertificates(), certificatesMs).unref()
  return () => {
    clearInterval(look)
    clearInterval(maintain)
    if (verify !== null) clearInterval(verify)
  }
}
