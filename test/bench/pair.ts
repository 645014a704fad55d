/**
 * `npm run bench:pair`: what the pair costs and how long clients are without it, on this machine.
 *
 *   outage (kill -9) · handover · paired : solo · bytes on the line · a late passive : a plain copy · a short absence
 *
 * Read: pair-probe (whom an outage is seen by) · pair-outage · pair-load · pair-copy (with pair-sender) · below, the table.
 * Both nodes and the load share the machine, so ratios count, not figures. The targets are G3, G5, G7, G8 and G9 of the design, as
 * far as two cores for everything allow.
 */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { messageOf } from '../../src/base/errors.ts'
import { PairSite, type PairOptions } from '../chaos/pair.ts'
import { wholeNumber } from './options.ts'
import { catchUp, missedShare, nullCopy } from './pair-copy.ts'
import { fill, throughput, wireShare } from './pair-load.ts'
import { outages } from './pair-outage.ts'
import { median, table } from './report.ts'

const PARTS = ['outage', 'handover', 'throughput', 'wire', 'catchup', 'absence'] as const
type Part = (typeof PARTS)[number]

const USAGE = `npm run bench:pair -- [options]
  --rounds N     kills and handovers (10)
  --runs N       runs of each throughput, solo and paired in turns (3)
  --messages N   messages of one run (200000)
  --backlog N    messages that lie in the queues while the active is killed (0)
  --only A,B     ${PARTS.join(', ')}
  --json FILE    write every figure there`

interface Plan {
  readonly rounds: number
  readonly runs: number
  readonly messages: number
  readonly backlog: number
  readonly parts: readonly Part[]
  readonly json: string | undefined
}

interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: string
  /** The design's goal, and whether it is the least or the most allowed. */
  readonly goal?: { readonly bound: 'least' | 'most'; readonly value: number; readonly id: string }
  readonly all?: readonly number[]
}

function planOf(args: string[]): Plan {
  const names = ['rounds', 'runs', 'messages', 'backlog', 'only', 'json'] as const
  const options = Object.fromEntries(names.map(name => [name, { type: 'string' as const }]))
  const values = parseArgs({ args, options }).values as Partial<Record<(typeof names)[number], string>>
  const only = values.only?.split(',') ?? PARTS
  for (const name of only)
    if (!PARTS.some(part => part === name)) throw new Error(`--only ${name}: expected some of ${PARTS.join(', ')}`)
  return {
    rounds: wholeNumber('rounds', values.rounds, 10, 1),
    runs: wholeNumber('runs', values.runs, 3, 1),
    messages: wholeNumber('messages', values.messages, 200_000, 64),
    backlog: wholeNumber('backlog', values.backlog, 0),
    parts: PARTS.filter(part => only.includes(part)),
    json: values.json,
  }
}

const say = (line: string): void => console.error(line)
const most = (value: number, id: string): NonNullable<Figure['goal']> => ({ bound: 'most', value, id })
const least = (value: number, id: string): NonNullable<Figure['goal']> => ({ bound: 'least', value, id })

/** A site for one measurement; whatever becomes of it, nothing of it stays. */
async function on<T>(
  options: PairOptions & { readonly lone?: boolean },
  act: (site: PairSite) => Promise<T>,
): Promise<T> {
  const site = options.lone === true ? await PairSite.create(options) : await PairSite.paired(options)
  sites.add(site)
  try {
    if (options.lone === true) {
      site.one.start()
      await site.one.serves()
    }
    return await act(site)
  } finally {
    await site.end()
    sites.delete(site)
  }
}
const sites = new Set<PairSite>()

const measures: Record<Part, (plan: Plan) => Promise<Figure[]>> = {
  async outage({ rounds, backlog }) {
    const all = await on({}, async site => {
      await fill(site.one.port, backlog)
      return outages(site, rounds, 'kill', ms => say(`kill -9: ${ms.toFixed(0)} ms`))
    })
    const waiting = backlog > 0 ? `, ${backlog} messages waiting` : ''
    return percentiles(`no receipt after kill -9${waiting}`, all, { p50: most(300, 'G3'), p99: most(1000, 'G3') })
  },
  async handover({ rounds }) {
    const all = await on({}, site => outages(site, rounds, 'handover', ms => say(`handover: ${ms.toFixed(0)} ms`)))
    return percentiles('no receipt at a handover', all, { p99: most(500, 'G5') })
  },
  async throughput({ runs, messages }) {
    const solo: number[] = []
    const paired: number[] = []
    const [soloP50, pairedP50]: [number[], number[]] = [[], []]
    for (let run = 0; run < runs; run += 1) {
      // In turns, each on fresh stores: the machine's mood is in both. And warm: a broker that has just been started compiles
      // beside the load, and a pair twice as much of it.
      const warm = async ({ one }: PairSite): Promise<{ perS: number; p50Ms: number }> => {
        await throughput(one.port, messages)
        return throughput(one.port, messages)
      }
      const alone = await on({ lone: true }, warm)
      const both = await on({}, warm)
      solo.push(alone.perS)
      paired.push(both.perS)
      soloP50.push(alone.p50Ms)
      pairedP50.push(both.p50Ms)
      say(`64 producers: solo ${alone.perS.toFixed(0)} msg/s, paired ${both.perS.toFixed(0)} msg/s`)
    }
    const [one = 0, two = 0] = [median(solo), median(paired)]
    return [
      { what: 'solo, 64 producers and consumers', value: one, unit: 'msg/s', all: solo },
      { what: 'paired', value: two, unit: 'msg/s', all: paired },
      { what: 'paired : solo', value: two / one, unit: 'ratio', goal: least(0.6, 'G9') },
      { what: 'receipt p50, solo', value: median(soloP50) ?? 0, unit: 'ms', all: soloP50 },
      { what: 'receipt p50, paired', value: median(pairedP50) ?? 0, unit: 'ms', all: pairedP50 },
    ]
  },
  async wire({ messages }) {
    const value = await on({ proxied: true }, site => wireShare(site, messages))
    return [{ what: 'bytes on the line : journal bytes', value, unit: 'ratio', goal: most(1.05, 'G9') }]
  },
  async catchup({ messages, runs }) {
    const found: { perS: number; plain: number; megabytes: number }[] = []
    for (let run = 0; run < runs; run++)
      await on({ lone: true }, async site => {
        await fill(site.one.port, messages)
        const { perS, megabytes } = await catchUp(site)
        const plain = await nullCopy(site.one.data, join(site.directory, 'null-copy'))
        say(
          `late passive: ${megabytes.toFixed(0)} MB at ${perS.toFixed(0)} MB/s, a plain copy ${plain.toFixed(0)} MB/s`,
        )
        found.push({ perS, plain, megabytes })
      })
    const ratios = found.map(({ perS, plain }) => perS / plain)
    return [
      {
        what: `late passive, ${found[0]!.megabytes.toFixed(0)} MB`,
        value: median(found.map(one => one.perS))!,
        unit: 'MB/s',
      },
      { what: 'plain copy of the same files', value: median(found.map(one => one.plain))!, unit: 'MB/s' },
      { what: 'late passive : plain copy', value: median(ratios)!, unit: 'ratio', goal: least(0.5, 'G7'), all: ratios },
    ]
  },
  async absence({ messages }) {
    const value = await on({ proxied: true }, site => missedShare(site, messages))
    return [{ what: 'bytes shipped : bytes missed', value, unit: 'ratio', goal: most(1.05, 'G8') }]
  },
}

function percentiles(
  what: string,
  all: readonly number[],
  goals: Partial<Record<'p50' | 'p99', Figure['goal']>>,
): Figure[] {
  const sorted = all.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.trunc(share * sorted.length))] ?? 0
  const figure = (name: string, value: number, goal?: Figure['goal']): Figure =>
    Object.assign({ what: `${what}, ${name} of ${all.length}`, value, unit: 'ms' }, goal && { goal })
  return [{ ...figure('p50', at(0.5), goals.p50), all }, figure('p99', at(0.99), goals.p99), figure('max', at(1))]
}

function rowOf({ what, value, unit, goal }: Figure): string[] {
  const digits = unit === 'ratio' ? 3 : 0
  if (goal === undefined) return [what, unit, value.toFixed(digits), '', '']
  const met = goal.bound === 'most' ? value <= goal.value : value >= goal.value
  const sign = goal.bound === 'most' ? '<=' : '>='
  return [what, unit, value.toFixed(digits), `${sign} ${goal.value} (${goal.id})`, met ? 'ok' : 'MISS']
}

async function main(): Promise<number> {
  if (process.argv.includes('--help')) {
    console.log(USAGE)
    return 0
  }
  let plan: Plan
  try {
    plan = planOf(process.argv.slice(2))
  } catch (error) {
    say(`bench:pair: ${messageOf(error)}\n${USAGE}`)
    return 2
  }
  process.on('exit', () => {
    for (const site of sites) for (const node of site.nodes) if (node.running) process.kill(node.pid, 'SIGKILL')
  })
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => process.exit(130))
  const figures: Figure[] = []
  const failures: string[] = []
  for (const part of plan.parts) {
    try {
      figures.push(...(await measures[part](plan)))
    } catch (error) {
      say(`${part}: ${messageOf(error)}`)
      failures.push(`${part}: ${messageOf(error).split('\n')[0]}`)
    }
  }
  console.log(`${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}, both nodes and the load\n`)
  console.log(
    table([['', 'unit', 'measured', 'goal', ''], ...figures.map(rowOf), ...failures.map(text => [`FAILED ${text}`])]),
  )
  if (plan.json !== undefined) writeFileSync(plan.json, `${JSON.stringify({ plan, figures, failures }, null, 2)}\n`)
  return failures.length > 0 ? 1 : 0
}

process.exit(await main())
