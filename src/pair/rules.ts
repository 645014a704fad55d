/**
 * The rules of replication.md's table K that live in this room, each as a switch. A broker never passes one: all hold.
 * The proof takes them away one by one and must then see an invariant break (test/pair/mutants.ts).
 */
export interface Rules {
  /** K1: nothing is released while the change to "alone" is not recorded. */
  readonly soloIsRecordedFirst: boolean
  /** K2: with a witness only a won compare-and-swap promotes. */
  readonly witnessPromotes: boolean
  /** K3: every activation is a new epoch. */
  readonly restartIsNewEpoch: boolean
  /** K4: the passive holds everything acknowledged before it enters the in-sync set. */
  readonly admittedWhenComplete: boolean
  /** K5: JOINING gates before the in-sync set changes. */
  readonly joiningGates: boolean
  /** K6: the passive acknowledges what is durable, not what was received. */
  readonly ackWhenDurable: boolean
  /** K9: histories are compared before a passive goes on. */
  readonly historyIsCompared: boolean
  /** K10: the in-sync set names stores. */
  readonly memberIsStore: boolean
  /** K11: only a member of the in-sync set claims. */
  readonly onlyMembersClaim: boolean
  /** K12: a conflict is a no. */
  readonly conflictIsNo: boolean
  /** K14: an unknown answer is settled by a newer success only. */
  readonly unknownNeedsNewer: boolean
  /** K15: acks of an earlier session count for nothing. */
  readonly onlyThisSession: boolean
  /** K16: the session is closed before a claim. */
  readonly closedBeforeClaim: boolean
  /** K18: "paired" is durable on the active before the passive is told. */
  readonly pairedBeforeTold: boolean
}

export const ALL_RULES: Rules = {
  soloIsRecordedFirst: true,
  witnessPromotes: true,
  restartIsNewEpoch: true,
  admittedWhenComplete: true,
  joiningGates: true,
  ackWhenDurable: true,
  historyIsCompared: true,
  memberIsStore: true,
  onlyMembersClaim: true,
  conflictIsNo: true,
  unknownNeedsNewer: true,
  onlyThisSession: true,
  closedBeforeClaim: true,
  pairedBeforeTold: true,
}
