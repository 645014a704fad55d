import type { ExecutionContext } from 'ava'
import { freshSeed } from '../journal/random.ts'
import { PairSite, type PairOptions } from './pair.ts'
import { Rounds, SMALL, type Blow } from './rounds.ts'
import { all } from './thorough.ts'

/** Both nodes up and in sync; ended with the test. */
export async function paired(t: ExecutionContext, options: PairOptions = {}): Promise<PairSite> {
  const site = await PairSite.paired({ xml: SMALL, ...options })
  t.teardown(() => site.end())
  return site
}

export interface Trial {
  readonly blows: readonly Blow[]
  /** How long nodes and lines stay paused, in ms. */
  readonly pauseMs?: number
  readonly options?: PairOptions
  /** What the second node says when it has taken over. */
  readonly heir?: RegExp
}

/** Strikes a pair under load and judges everything that clients saw; answers for each blow how long they had no receipt, in ms. */
export async function survives(
  t: ExecutionContext,
  { blows, pauseMs = 300, options = {}, heir }: Trial,
): Promise<number[]> {
  const seed = freshSeed()
  const site = await paired(t, options)
  // One producer is load enough for a blow, and leaves the machine to the nodes.
  const rounds = new Rounds(site, seed, all ? 3 : 1)
  const outages: number[] = []
  for (const blow of blows) outages.push(await rounds.strike(blow, pauseMs))
  if (heir !== undefined) t.regex(site.two.log, heir)
  const { faults, ...toll } = await rounds.finish()
  const lengths = blows.map((blow, index) => `${blow}: no receipt for ${Math.round(outages[index]!)} ms`)
  t.log(`seed ${seed}: ${lengths.join(', ')}; ${JSON.stringify(toll)}`)
  const logs = faults.length > 0 ? site.logs() : ''
  t.deepEqual(faults.slice(0, 20), [], `TANDEMMQ_SEED=${seed} repeats the load\n${logs}`)
  t.true(toll.commits > 0)
  return outages
}
