import type { PairLink } from '../pair/pair.ts'

/** The twin's connection as the pair holds it. */
export interface AcceptedLink extends PairLink {
  ended(): void
}
