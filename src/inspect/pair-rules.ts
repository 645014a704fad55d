import type { Position } from '../base/errors.ts'
import { called, listed, placeOf, type Answers, type Both, type PairFile } from './pair-answers.ts'

const FLAG = { manual: 'shutdownOnMasterFailure', 'stop-on-loss': 'shutdownOnSlaveFailure' } as const

const policyPlace = (file: PairFile): Position | null => {
  const { policy } = file.config.pair
  return policy === 'auto' ? null : (placeOf(file, `/${FLAG[policy]}`) ?? file.config.at)
}

/** The active announces its policy; `manual` in the passive's file is obeyed whoever leads (replication.md 4.3). */
export function checkPolicies(both: Both, answers: Answers): void {
  const { active, passive } = both
  const [mine, theirs] = [active.config.pair.policy, passive.config.pair.policy]
  const at = { active: policyPlace(active), passive: policyPlace(passive) }
  const add = (status: 'ok' | 'warning', what: string, hint: string | null): void =>
    answers.add('policy', status, what, hint, at)
  if (mine === theirs) return add('ok', MEANS[mine], null)
  const alike = 'write the same flag into both files'
  if (mine === 'stop-on-loss' && theirs === 'manual')
    return add(
      'warning',
      'the active stops when the passive is lost, and the passive when the active is: the loss of either ends all service',
      alike,
    )
  if (theirs === 'manual')
    return add(
      'warning',
      `${called(passive)} never takes over by itself (shutdownOnMasterFailure), ${called(active)} would: its policy is ${mine}`,
      `write shutdownOnMasterFailure="true" into ${active.file} as well`,
    )
  const what = `policy ${mine} while ${called(active)} leads, and the passive obeys it; from a take-over on ${theirs}, by the file of ${called(passive)}`
  add('warning', what, alike)
}

const MEANS = {
  auto: 'policy auto on both: whoever is left serves; when both run and do not see one another, both may',
  manual: 'policy manual on both: the passive stops with its active, and leads after tandemmq pair promote',
  'stop-on-loss': 'policy stop-on-loss on both: no message is ever acknowledged on one disk only',
} as const

/** `waitForPassive` counts at each start of a node that leads, in whichever file it stands (config 4.2). */
export function checkWaiting({ active, passive }: Both, answers: Answers): void {
  for (const file of [active, passive]) {
    const { waitForPassive, waitForPassiveTimeout } = file.config.pair
    if (!waitForPassive) continue
    const place = placeOf(file, '/pair/waitForPassive')
    const limit = `${waitForPassiveTimeout} ms, then it stops`
    if (file === active) {
      const what = `${called(file)} lets no client in until its passive is in sync; it waits ${limit}`
      answers.add('policy', 'note', what, null, { active: place, passive: null })
      continue
    }
    const what = `${called(file)} has waitForPassive too: nothing waits at a take-over, but if it is started again while it leads, it lets no client in until ${called(active)} is back; it waits ${limit}`
    answers.add('policy', 'warning', what, `remove it from ${file.file}, unless no service is better than one copy`, {
      active: null,
      passive: place,
    })
  }
}

/** What a wipe at the start does to a store that a pair depends on (config 4.3). */
export function checkWipes({ active, passive }: Both, answers: Answers): void {
  for (const file of [active, passive]) {
    if (!file.config.deleteAllMessagesOnStartup) continue
    const place = placeOf(file, '/deleteAllMessagesOnStartup')
    const at = file === active ? { active: place, passive: null } : { active: null, passive: place }
    if (file.config.pair.deleteAll) {
      const what = `${called(file)} deletes all messages whenever it starts (deleteAllMessagesOnStartup, and -Dtandemmq.pair.deleteAll): it may hold the only copy`
      answers.add('store', 'warning', what, 'remove both, unless the messages do not matter', at)
      continue
    }
    const when = file === active ? 'once it has met its passive' : 'once it has taken over'
    const what = `${called(file)} has deleteAllMessagesOnStartup: ${when}, it is refused a start that would delete the pair's messages`
    answers.add(
      'store',
      'warning',
      what,
      'remove deleteAllMessagesOnStartup: a passive is brought up to date without it',
      at,
    )
  }
}

const TIMES = [
  'ackTimeout',
  'takeoverAfter',
  'beat',
  'bootPeerWait',
  'window',
  'retainedBytes',
  'handoverOnStop',
  'bootAlone',
] as const

/** `-Dtandemmq.pair.…`, which may be given to each node. */
export function checkPairSettings({ active, passive }: Both, answers: Answers): void {
  const [mine, theirs] = [active.config.pair, passive.config.pair]
  const differing = TIMES.filter(name => mine[name] !== theirs[name])
  if (differing.length > 0) {
    const each = differing.map(name => `${name} ${String(mine[name])} and ${String(theirs[name])}`)
    answers.add('settings', 'warning', `-Dtandemmq.pair.… differs: ${listed(each)}`, 'start both with the same')
  }
  const [here, there] = [mine.replicators ?? [], theirs.replicators ?? []]
  if (JSON.stringify(here.toSorted()) !== JSON.stringify(there.toSorted())) {
    const what = '-Dtandemmq.pair.replicators differs: after a take-over others may copy the journal'
    answers.add('settings', 'warning', what, 'start both with the same list')
  }
  if (theirs.startAlone) {
    const what = `${called(passive)} leads by itself after ${theirs.bootPeerWait} ms if it never met its active (startAlone): started too early, both lead`
    answers.add('settings', 'warning', what, 'remove -Dtandemmq.pair.startAlone=true', { active: null })
  }
  if (mine.bootAlone && theirs.bootAlone) {
    const what = 'bootAlone on both: two nodes that start without seeing one another both lead'
    answers.add('settings', 'warning', what, 'leave it off: use tandemmq pair promote when a node must lead alone')
  }
}
