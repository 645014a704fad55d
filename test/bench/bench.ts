/**
 * `npm run bench`: the same loads on TandemMQ and on every peer this machine has, in turns, and how they compare.
 *
 *   start all ─► per scenario: warm up each ─► run 1: A B C, run 2: B C A, … ─► stop all
 *                                                        then per run: start each afresh, the same work, memory and time
 *
 * Read: scenarios (loads and targets) · peers (brokers) · measure (one run) · load (the generator) · report (the tables).
 * Never more than one load at a time; everything it starts is stopped, everything it writes is removed.
 * Exits 1 when a load failed (lost, doubled, disordered, or no end), 2 on wrong usage; a missed target is printed, not failed.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { messageOf } from '../../src/base/errors.ts'
import { bareWrites } from './disk.ts'
import { MANY } from './many.ts'
import type { ManyScenario } from './many.ts'
import { loadOptions, measure, settle, warmUp } from './measure.ts'
import { DEFAULTS, wholeNumber } from './options.ts'
import { BROKERS, KINDS } from './peers.ts'
import type { Broker, BrokerKind } from './peers.ts'
import { killAll, usageOf } from './processes.ts'
import { buildReferee } from './referee.ts'
import type { Referee } from './referee.ts'
import { report } from './report.ts'
import type { Findings } from './report.ts'
import { SCENARIO_IDS, SCENARIOS, WORK, WORK_ID } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'

const USAGE = `npm run bench -- [options]
  --runs N           measured runs of each scenario on each broker (5)
  --seconds S        length of a run, from which each broker's message count is found while warming up (2.5)
  --messages N       a fixed message count for each run instead
  --window N         SENDs of a producer that may wait for their receipt (1000)
  --only A,B         scenarios: ${SCENARIO_IDS.join(', ')}
  --brokers A,B      ${BROKERS.join(', ')}; ${MANY.map(({ id }) => id).join(', ')} run on TandemMQ alone unless others are named
  --scale F          of those five, this part: 0.01 tries them out (1)
  --referee          run the independent generator too, and compare; one search in it is bounded (referee.ts)
  --referee-as-is    the same with every line of it as it is
  --referee-source F its source (../shared/tools/stompload.cpp)
  --json FILE        write every figure there`

interface Plan {
  readonly runs: number
  readonly seconds: number
  readonly messages: number | undefined
  readonly scenarios: readonly Scenario[]
  readonly work: boolean
  readonly many: readonly ManyScenario[]
  readonly manyKinds: readonly BrokerKind[]
  readonly scale: number
  readonly kinds: readonly BrokerKind[]
  readonly refereeSource: string | undefined
  readonly refereeAsIs: boolean
  readonly json: string | undefined
}

function planOf(args: string[]): Plan {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: 'string' },
      seconds: { type: 'string' },
      messages: { type: 'string' },
      window: { type: 'string' },
      only: { type: 'string' },
      brokers: { type: 'string' },
      scale: { type: 'string' },
      referee: { type: 'boolean' },
      'referee-as-is': { type: 'boolean' },
      'referee-source': { type: 'string', default: '../shared/tools/stompload.cpp' },
      json: { type: 'string' },
    },
  })
  const only = chosen('--only', values.only, SCENARIO_IDS)
  const brokers = chosen('--brokers', values.brokers, BROKERS)
  const seconds = Number(values.seconds ?? 2.5)
  if (!(seconds > 0)) throw new Error(`--seconds ${values.seconds}: expected a positive number`)
  const window = wholeNumber('window', values.window, DEFAULTS.window, 1)
  const scale = Number(values.scale ?? 1)
  if (!(scale > 0 && scale <= 1)) throw new Error(`--scale ${values.scale}: expected a number above 0, at most 1`)
  return {
    runs: wholeNumber('runs', values.runs, 5, 1),
    seconds,
    messages: values.messages === undefined ? undefined : wholeNumber('messages', values.messages, 0, 1),
    scenarios: SCENARIOS.filter(scenario => only.includes(scenario.id)).map(scenario => ({
      ...scenario,
      load: { ...scenario.load, window },
    })),
    work: only.includes(WORK_ID),
    many: MANY.filter(({ id }) => only.includes(id)),
    manyKinds: KINDS.filter(({ name }) =>
      values.brokers === undefined ? name === 'tandemmq' : brokers.includes(name),
    ),
    scale,
    kinds: KINDS.filter(kind => brokers.includes(kind.name)),
    refereeSource: values.referee === true || values['referee-as-is'] === true ? values['referee-source'] : undefined,
    refereeAsIs: values['referee-as-is'] === true,
    json: values.json,
  }
}

function chosen(option: string, text: string | undefined, known: readonly string[]): readonly string[] {
  const names = text?.split(',') ?? known
  for (const name of names)
    if (!known.includes(name)) throw new Error(`${option} ${name}: expected some of ${known.join(', ')}`)
  return names
}

/** As many as one run of a fixed rate measures. */
const BARE_WRITES = 4000

const say = (line: string): void => console.error(line)

/** One bench: its plan, what it starts, and what it has found so far. */
class Bench {
  readonly #plan: Plan
  readonly #scratch: string
  readonly #kinds: BrokerKind[] = []
  readonly #referee: Referee | undefined
  readonly findings: Findings
  #started = 0

  constructor(plan: Plan, scratch: string) {
    this.#plan = plan
    this.#scratch = scratch
    const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
    this.findings = {
      machine: `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${memory}, ${process.platform}`,
      runs: plan.runs,
      brokers: [],
      loads: [],
      disk: [],
      work: [],
      starts: [],
      many: [],
      failures: [],
    }
    for (const kind of plan.kinds) {
      const found = kind.find()
      if ('absent' in found) {
        say(`${kind.name}: skipped, ${found.absent}`)
        continue
      }
      this.#kinds.push(kind)
      this.findings.brokers.push({ name: kind.name, version: found.version })
    }
    if (plan.refereeSource === undefined) return
    const referee = buildReferee(plan.refereeSource, scratch, plan.refereeAsIs)
    if ('absent' in referee) say(`referee: skipped, ${referee.absent}`)
    else this.#referee = referee
  }

  async run(): Promise<void> {
    if (this.#plan.scenarios.length > 0) {
      const brokers: Broker[] = []
      for (const kind of this.#kinds)
        await this.#attempt(kind.name, async () => void brokers.push(await this.#start(kind)))
      for (const scenario of this.#plan.scenarios) await this.#scenario(scenario, brokers)
      for (const broker of brokers) await broker.stop()
    }
    for (let run = 0; this.#plan.work && run < this.#plan.runs; run += 1)
      for (const kind of rotated(this.#kinds, run))
        await this.#attempt(`${WORK_ID} on ${kind.name}`, async () => this.#work(kind, run))
    for (const scenario of this.#plan.many)
      for (const kind of this.#kinds.filter(each => this.#plan.manyKinds.includes(each)))
        await this.#attempt(`${scenario.id} on ${kind.name}`, async () => this.#many(scenario, kind))
  }

  /** Once, on a broker of its own: what is asked is what it costs, not how one run differs from the next. */
  async #many(scenario: ManyScenario, kind: BrokerKind): Promise<void> {
    const size = Math.max(1, Math.round(scenario.size * this.#plan.scale))
    const broker = await this.#start(kind)
    try {
      const emptyMb = usageOf(broker.pids).peakKb / 1024
      const ms = await scenario.run(broker.reach.port ?? 0, size)
      const peakMb = usageOf(broker.pids).peakKb / 1024
      this.findings.many.push({ scenario: scenario.id, broker: kind.name, size, ms, peakMb, emptyMb })
      say(
        `${scenario.id} ${kind.name}: ${ms.toFixed(0)} ms, peak ${peakMb.toFixed(0)} MiB, ${emptyMb.toFixed(0)} before`,
      )
    } finally {
      await broker.stop()
    }
  }

  /** A broker that fails is a line in the report; the others go on. */
  async #attempt(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      say(`${what}: ${messageOf(error)}`)
      this.findings.failures.push(`${what}: ${messageOf(error)}`)
    }
  }

  async #start(kind: BrokerKind): Promise<Broker> {
    this.#started += 1
    const scratch = join(this.#scratch, `${kind.name}-${this.#started}`)
    mkdirSync(scratch)
    const broker = await kind.start(scratch)
    this.findings.starts.push({ broker: kind.name, ms: broker.startMs })
    say(`${kind.name}: listening after ${broker.startMs.toFixed(0)} ms`)
    const stop = async (): Promise<void> => {
      await broker.stop()
      rmSync(scratch, { recursive: true, force: true })
    }
    return { ...broker, stop }
  }

  async #scenario(scenario: Scenario, brokers: readonly Broker[]): Promise<void> {
    const counts = new Map<Broker, number>()
    for (const broker of brokers)
      await this.#attempt(`warming up ${broker.name} for ${scenario.id}`, async () => {
        const found = await warmUp(broker, scenario, this.#plan.seconds)
        counts.set(broker, this.#plan.messages ?? found)
        this.findings.loads.push({ scenario: scenario.id, broker: broker.name, samples: [], referee: [] })
      })
    for (let run = 0; run < this.#plan.runs; run += 1) {
      if (scenario.metric === 'receiptP99Ms') {
        await settle(brokers)
        this.findings.disk.push(bareWrites(this.#scratch, BARE_WRITES))
      }
      for (const broker of rotated([...counts.keys()], run))
        await this.#attempt(`${scenario.id} on ${broker.name}`, async () => {
          await settle(brokers)
          const messages = counts.get(broker) as number
          // In turns: whoever comes second meets what the first has left the broker to tidy up.
          if (run % 2 === 1) await this.#refereed(scenario, broker, messages)
          await this.#measured(scenario, broker, messages)
          if (run % 2 === 0) await this.#refereed(scenario, broker, messages)
        })
    }
  }

  #load(scenario: Scenario, broker: Broker): Findings['loads'][number] | undefined {
    return this.findings.loads.find(entry => entry.scenario === scenario.id && entry.broker === broker.name)
  }

  async #refereed(scenario: Scenario, broker: Broker, messages: number): Promise<void> {
    if (this.#referee === undefined) return
    await settle([broker])
    this.#load(scenario, broker)?.referee.push(await this.#referee(loadOptions(broker, scenario, messages)))
    await settle([broker])
  }

  async #measured(scenario: Scenario, broker: Broker, messages: number): Promise<void> {
    const sample = await measure(broker, scenario, messages)
    this.#load(scenario, broker)?.samples.push(sample)
    const { result, cpuS } = sample
    const p99 = (result.receiptUs.p99 / 1000).toFixed(2)
    say(
      `${scenario.id} ${broker.name}: ${result.perS.toFixed(0)} msg/s, receipt p99 ${p99} ms, cpu ${cpuS.toFixed(2)} s of ${result.messages} messages`,
    )
    if (!result.ok) throw new Error(verdictOf(result))
  }

  async #work(kind: BrokerKind, run: number): Promise<void> {
    const broker = await this.#start(kind)
    try {
      const before = usageOf(broker.pids)
      for (const { scenario: id, messages } of WORK) {
        const scenario = SCENARIOS.find(candidate => candidate.id === id) as Scenario
        const { result } = await measure(broker, scenario, messages)
        if (!result.ok) throw new Error(`${id}: ${verdictOf(result)}`)
      }
      const after = usageOf(broker.pids)
      const [peakMb, cpuS] = [after.peakKb / 1024, after.cpuS - before.cpuS]
      this.findings.work.push({ broker: kind.name, peakMb, cpuS })
      say(`${WORK_ID} ${run + 1} ${kind.name}: peak ${peakMb.toFixed(0)} MiB, cpu ${cpuS.toFixed(2)} s`)
    } finally {
      await broker.stop()
    }
  }
}

function verdictOf(result: Awaited<ReturnType<typeof measure>>['result']): string {
  const { lost, unconfirmed, duplicates, outOfOrder, strays, errors, timedOut } = result
  return JSON.stringify({ lost, unconfirmed, duplicates, outOfOrder, strays, timedOut, errors })
}

const rotated = <T>(list: readonly T[], by: number): T[] => list.map((_, i) => list[(i + by) % list.length] as T)

async function main(): Promise<number> {
  if (process.argv.includes('--help')) {
    console.log(USAGE)
    return 0
  }
  let plan: Plan
  try {
    plan = planOf(process.argv.slice(2))
  } catch (error) {
    say(`bench: ${messageOf(error)}\n${USAGE}`)
    return 2
  }
  const scratch = mkdtempSync(join(tmpdir(), 'tandemmq-bench-'))
  process.on('exit', () => {
    killAll()
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
  })
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => process.exit(130))
  const bench = new Bench(plan, scratch)
  await bench.run()
  console.log(report(bench.findings))
  if (plan.json !== undefined) writeFileSync(plan.json, `${JSON.stringify(bench.findings, null, 2)}\n`)
  return bench.findings.failures.length > 0 ? 1 : 0
}

process.exit(await main())
