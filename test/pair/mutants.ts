import { pathToFileURL } from 'node:url'
import { ALL_RULES } from '../../src/pair/rules.ts'
import type { Rules } from '../../src/pair/rules.ts'
import { Violation } from './checks.ts'
import { SOUND } from './profile.ts'
import type { Profile, ShellRules } from './profile.ts'
import { run } from './run.ts'

/** One rule of replication.md's table K taken away, and where it is looked for. */
export interface Mutant {
  readonly k: number
  readonly name: string
  readonly rule?: Partial<Rules>
  readonly shell?: Partial<ShellRules>
  readonly profile: Partial<Profile>
}

const witness = { policy: 'witness' } as const
const stop = { policy: 'stop-on-loss' } as const

export const MUTANTS: readonly Mutant[] = [
  {
    k: 1,
    name: 'released while the change to alone is not recorded',
    rule: { soloIsRecordedFirst: false },
    profile: witness,
  },
  {
    k: 2,
    name: 'the passive promotes itself although there is a witness',
    rule: { witnessPromotes: false },
    profile: witness,
  },
  { k: 3, name: 'restart in the old epoch', rule: { restartIsNewEpoch: false }, profile: { policy: 'auto' } },
  { k: 4, name: 'in sync before it holds everything', rule: { admittedWhenComplete: false }, profile: witness },
  { k: 5, name: 'JOINING does not gate', rule: { joiningGates: false }, profile: witness },
  { k: 6, name: 'the passive acknowledges what it received', rule: { ackWhenDurable: false }, profile: stop },
  { k: 7, name: 'the active does not wait for its own fsync', shell: { ownFsync: false }, profile: witness },
  { k: 8, name: 'a duplicate is receipted at once', shell: { duplicateWaits: false }, profile: witness },
  {
    k: 9,
    name: 'resume at the shorter length, histories not compared',
    rule: { historyIsCompared: false },
    profile: { policy: 'auto' },
  },
  {
    k: 10,
    name: 'the in-sync set names nodes',
    rule: { memberIsStore: false },
    profile: { ...witness, faults: ['replaceDisk', 'kill'] },
  },
  { k: 11, name: 'any passive may claim', rule: { onlyMembersClaim: false }, profile: witness },
  { k: 12, name: 'a conflict is taken for a yes', rule: { conflictIsNo: false }, profile: witness },
  { k: 13, name: 'delivery on append', shell: { deliveryAtCommit: false }, profile: witness },
  {
    k: 14,
    name: 'an unknown answer is settled by a read',
    rule: { unknownNeedsNewer: false },
    profile: { ...witness, witnessLoses: 0.5, faults: ['reset', 'cut', 'kill', 'slow'] },
  },
  {
    k: 15,
    name: 'acks of an earlier session count',
    rule: { onlyThisSession: false },
    profile: { ...witness, late: 0.5, idle: true, faults: ['replaceDisk', 'reset', 'slow', 'power'] },
  },
  {
    k: 16,
    name: 'claims without closing the session',
    rule: { closedBeforeClaim: false },
    profile: { ...witness, hasty: true, faults: ['slow', 'slowDisk', 'cut'] },
  },
  {
    k: 17,
    name: 'carry on alone and self-promotion, no witness',
    profile: { policy: 'auto', strict: true, faults: ['cut'] },
  },
  {
    k: 18,
    name: 'told in sync before "paired" is on record',
    rule: { pairedBeforeTold: false },
    profile: { ...stop, early: true, faults: ['slowDisk', 'kill'] },
  },
]

/** The first seed, of at most `seeds`, that shows the mutant; null: it lives. */
export function kill(mutant: Mutant, seeds: number): { readonly seed: number; readonly text: string } | null {
  const profile = { ...mutant.profile, rules: { ...ALL_RULES, ...mutant.rule }, shell: { ...SOUND, ...mutant.shell } }
  for (let seed = 1; seed <= seeds; seed++)
    try {
      run(seed, profile)
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      // A pair that only does not come about again is no lost message.
      if (error.message.startsWith('I18')) continue
      // K17 is a policy and not a rule: nothing can be put back.
      if (mutant.k !== 17) run(seed, mutant.profile)
      return { seed, text: error.message }
    }
  return null
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const only = process.argv[2] === undefined ? null : Number(process.argv[2])
  for (const mutant of MUTANTS) {
    if (only !== null && mutant.k !== only) continue
    const death = kill(mutant, Number(process.argv[3] ?? 10_000))
    const end = death === null ? 'LIVES' : `dies at seed ${death.seed}: ${death.text}`
    console.log(`K${mutant.k} ${mutant.name}: ${end}`)
    if (death === null) process.exitCode = 1
  }
}
