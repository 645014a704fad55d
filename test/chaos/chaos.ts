/**
 * `npm run test:chaos -- [--rounds N] [--seed N] [--only BLOW,…]`: two real processes under load, struck in turn and at random.
 *
 *   every second round kills the active (roles alternate, the dead one rejoins); the others are drawn from the rest
 *
 * Prints each round's outage, the checker's counts and the outages' percentiles; exits 1 when a promise was broken.
 * SIGKILL does not test fsync: the kernel keeps every byte that was written, synced or not.
 */
import { parseArgs } from 'node:util'
import { wholeNumber } from '../bench/options.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'
import { PairSite } from './pair.ts'
import { Rounds, SMALL, type Blow } from './rounds.ts'

const OTHERS: readonly Blow[] = ['kill passive', 'kill both', 'handover', 'pause active', 'pause passive']
/** Without a proxy between them these cannot be struck, and the line leads through it only while the first node leads. */
const LINE: readonly Blow[] = ['cut link', 'stall link', 'half-close link', 'delay link']
const BLOWS: readonly Blow[] = ['kill active', ...OTHERS, ...LINE]

const say = (line: string): void => console.log(line)

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
  })
  const rounds = wholeNumber('rounds', values.rounds, 40, 1)
  const seed = wholeNumber('seed', values.seed, freshSeed())
  const only = values.only?.split(',') ?? BLOWS
  const unknown = only.find(blow => !BLOWS.some(known => known === blow))
  if (unknown !== undefined) throw new Error(`--only ${unknown}: expected some of ${BLOWS.join(', ')}`)
  const allowed = BLOWS.filter(blow => only.includes(blow))
  say(`seed ${seed}`)
  const site = await PairSite.paired({ xml: SMALL, proxied: true })
  const stop = (): void => void site.end().then(() => process.exit(130))
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, stop)
  try {
    return await struck(site, seed, rounds, allowed)
  } finally {
    await site.end()
  }
}

async function struck(site: PairSite, seed: number, count: number, allowed: readonly Blow[]): Promise<number> {
  const random = randomFrom(seed)
  const rounds = new Rounds(site, seed)
  const outages = new Map<Blow, number[]>()
  for (let round = 0; round < count; round++) {
    const first = (await site.active()) === site.one
    const possible = allowed.filter(blow => first || !LINE.includes(blow))
    const kill = round % 2 === 0 && possible.includes('kill active')
    const blow = kill ? 'kill active' : possible[between(random, 0, possible.length)]
    if (blow === undefined) throw new Error('none of these can be struck while the second node leads')
    // Shorter and longer than the silence after which a twin counts as lost; an active is never paused for as long as it takes to be replaced.
    const pauseMs = between(random, 100, blow === 'pause active' ? 4000 : 8000)
    const ms = await rounds.strike(blow, pauseMs)
    say(
      `${round + 1} ${blow}${/pause|link/.test(blow) ? ` for ${pauseMs} ms` : ''}: no receipt for ${ms.toFixed(0)} ms`,
    )
    outages.set(blow, [...(outages.get(blow) ?? []), ms])
  }
  const { faults, ...toll } = await rounds.finish()
  say(JSON.stringify(toll))
  for (const [blow, all] of outages) say(`${blow}: ${percentiles(all)}`)
  for (const fault of faults.slice(0, 50)) say(`FAULT ${fault}`)
  say(faults.length === 0 ? 'every promise was kept' : `${faults.length} faults; --seed ${seed} repeats the load`)
  return faults.length === 0 ? 0 : 1
}

function percentiles(all: readonly number[]): string {
  const sorted = all.toSorted((a, b) => a - b)
  const at = (share: number): string =>
    sorted[Math.min(sorted.length - 1, Math.trunc(share * sorted.length))]!.toFixed(0)
  return `${sorted.length} times, no receipt for ms p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)}`
}

process.exit(await main())
