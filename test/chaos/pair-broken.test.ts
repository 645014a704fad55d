import test from 'ava'
import type { FaultKind } from '../crash/history.ts'
import { RecordType } from '../../src/journal/journal.ts'
import { freshSeed } from '../journal/random.ts'
import { breakBuild, type Fault } from './broken.ts'
import type { Toll } from './judge.ts'
import { PairSite } from './pair.ts'
import { Rounds, SMALL } from './rounds.ts'
import { thorough } from './thorough.ts'

/** Records a passive takes over, one after the other. */
const APPLIED = 'this.#store.state.apply(block, view, offset, at)'
/** How many pairs are tried, at most: whether a kill meets the fault is a matter of the moment. */
const trialsMax = 6

/** Builds that break one promise of the pair each. Should one of them pass, the trials of the pair prove nothing. */
const broken: Record<string, { faults: readonly Fault[]; kinds: readonly FaultKind[]; unheard?: true }> = {
  'whose active answers before its passive has it': {
    faults: [
      {
        file: 'twin/host.js',
        find: 'node.journal.limitCommit(effect.to)',
        replace: 'node.journal.limitCommit(Infinity)',
      },
    ],
    kinds: ['lost', 'torn', 'resurrected'],
    unheard: true,
  },
  'whose passive never takes over an acknowledgement': {
    faults: [
      {
        file: 'server/follower.js',
        find: APPLIED,
        replace: `block[offset + 8] === ${RecordType.messageRemoved} || ${APPLIED}`,
      },
    ],
    kinds: ['resurrected'],
  },
  'whose passive takes over transactions in part': {
    faults: [
      {
        file: 'server/follower.js',
        find: APPLIED,
        replace: `this.#store.state.half = true, ${APPLIED}, this.#store.state.half = false`,
      },
      {
        file: 'store/state.js',
        find: 'inner < end; inner +=',
        replace: 'inner < (this.half ? offset + RECORD_HEADER + 1 : end); inner +=',
      },
    ],
    kinds: ['torn', 'lost', 'resurrected'],
  },
}

for (const [title, { faults, kinds, unheard = false }] of Object.entries(broken)) {
  const attempt = title.includes('acknowledgement') ? test.serial : thorough
  attempt(`positive control: a pair ${title} is found out by kill -9 of the active`, async t => {
    const build = breakBuild(faults)
    t.teardown(build.remove)
    const seed = freshSeed()
    for (let trial = 0; trial < trialsMax; trial++) {
      const { counts } = await killedOnce(build.program, seed + trial, unheard)
      t.log(`trial ${trial + 1}: ${JSON.stringify(counts)}`)
      if (kinds.some(kind => counts[kind] > 0)) {
        t.pass()
        return
      }
    }
    t.fail(`nothing was found; TANDEMMQ_SEED=${seed}`)
  })
}

/** A new pair under load; its active is killed, and the heir judged by what it still holds. */
async function killedOnce(program: string, seed: number, unheard: boolean): Promise<Toll> {
  const site = await PairSite.paired({ xml: SMALL, program, proxied: true })
  try {
    const rounds = new Rounds(site, seed)
    await rounds.replaceActive(unheard)
    return await rounds.judgeActive()
  } finally {
    await site.end()
  }
}
