import type { BareWrites } from './disk.ts'
import { MANY } from './many.ts'
import type { Sample } from './measure.ts'
import type { BrokerName } from './peers.ts'
import type { RefereeResult } from './referee.ts'
import { MEMORY_TARGETS, SCENARIOS, START_MS_MAX } from './scenarios.ts'
import type { Scenario, Target } from './scenarios.ts'

/** Everything a bench run found out; what `--json` writes. */
export interface Findings {
  readonly machine: string
  readonly runs: number
  readonly brokers: { readonly name: BrokerName; readonly version: string }[]
  readonly loads: {
    readonly scenario: string
    readonly broker: BrokerName
    readonly samples: Sample[]
    readonly referee: RefereeResult[]
  }[]
  /** The disk alone at the fixed rate, once for each of its runs. */
  readonly disk: BareWrites[]
  /** The same work on each freshly started broker. */
  readonly work: { readonly broker: BrokerName; readonly peakMb: number; readonly cpuS: number }[]
  readonly starts: { readonly broker: BrokerName; readonly ms: number }[]
  /** Many of one thing, each on a fresh broker. */
  readonly many: {
    readonly scenario: string
    readonly broker: BrokerName
    readonly size: number
    readonly ms: number
    readonly peakMb: number
    /** Before the load. */
    readonly emptyMb: number
  }[]
  readonly failures: string[]
}

/** Largest difference between our generator and the referee that still counts as agreement. */
const AGREEMENT_MAX = 0.2
const MARKS = { true: 'ok', false: 'MISS' } as const
const NONE = '-'

export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const high = sorted[middle]
  if (high === undefined || sorted.length % 2 === 1) return high
  return (high + (sorted[middle - 1] as number)) / 2
}

/** The tables, as text: medians and ratios, what lies behind them, and the referee's word where there is one. */
export function report(findings: Findings): string {
  const parts = [
    `${findings.machine}; medians of ${findings.runs}`,
    ...findings.brokers.map(broker => `  ${broker.name}: ${broker.version}`),
    '',
    table(comparison(findings)),
  ]
  const behind = details(findings)
  if (behind.length > 1) parts.push('', table(behind))
  if (findings.many.length > 0) parts.push('', table(many(findings)))
  const agreed = agreement(findings)
  if (agreed.length > 1) parts.push('', table(agreed))
  if (findings.failures.length > 0) parts.push('', 'FAILED', ...findings.failures.map(failure => `  ${failure}`))
  return parts.join('\n')
}

function many({ many }: Findings): string[][] {
  const rows = [['many of one thing', 'broker', 'size', 'ms', 'peak MiB', 'MiB before', 'bytes each']]
  for (const { id, title, each } of MANY)
    for (const { broker, size, ms, peakMb, emptyMb } of many.filter(({ scenario }) => scenario === id)) {
      const bytes = `${shown(((peakMb - emptyMb) * 2 ** 20) / size, 1)} a ${each}`
      rows.push([title(size), broker, shown(size, 0), shown(ms, 0), shown(peakMb, 0), shown(emptyMb, 0), bytes])
    }
  return rows
}

function comparison(findings: Findings): string[][] {
  const names = findings.brokers.map(broker => broker.name)
  const peers = (['activemq', 'rabbitmq'] as const).filter(peer => names.includes(peer))
  const rows = [['', 'unit', ...names, ...peers.map(peer => `vs ${peer}`)]]
  const row = (
    title: string,
    unit: string,
    digits: number,
    valueOf: (name: BrokerName) => number | undefined,
    targets: readonly Target[],
  ): void => {
    if (names.every(name => valueOf(name) === undefined)) return
    const ours = valueOf('tandemmq')
    rows.push([
      title,
      unit,
      ...names.map(name => shown(valueOf(name), digits)),
      ...peers.map(peer =>
        verdict(
          ours,
          valueOf(peer),
          targets.find(target => target.peer === peer),
        ),
      ),
    ])
  }
  for (const scenario of SCENARIOS) {
    const [unit, digits] = scenario.metric === 'perS' ? ['msg/s', 0] : ['ms', 2]
    row(
      scenario.title,
      unit as string,
      digits as number,
      name => medianOf(findings, scenario, name, figureOf(scenario)),
      scenario.targets,
    )
  }
  const workOf = (name: BrokerName): Findings['work'] => findings.work.filter(work => work.broker === name)
  row('peak memory, same work', 'MiB', 0, name => median(workOf(name).map(work => work.peakMb)), MEMORY_TARGETS)
  row('processor time, same work', 's', 1, name => median(workOf(name).map(work => work.cpuS)), [])
  row('start to listening', 'ms', 0, name => startOf(findings, name), [])
  const start = startOf(findings, 'tandemmq')
  const [p50, p99] = [median(findings.disk.map(({ p50Ms }) => p50Ms)), median(findings.disk.map(({ p99Ms }) => p99Ms))]
  if (p99 !== undefined)
    rows.push([`the disk alone, one synced write a ms: p50 ${shown(p50, 2)}, p99 ${shown(p99, 2)} ms`])
  if (start !== undefined) rows.push([`start <= ${START_MS_MAX} ms: ${MARKS[`${start <= START_MS_MAX}`]}`])
  return rows
}

const startOf = (findings: Findings, name: BrokerName): number | undefined =>
  median(findings.starts.filter(start => start.broker === name).map(start => start.ms))

/** `24.6x (>= 15x) ok` */
function verdict(ours: number | undefined, theirs: number | undefined, target: Target | undefined): string {
  if (ours === undefined || theirs === undefined || theirs === 0) return NONE
  const ratio = ours / theirs
  const shownRatio = `${ratio.toFixed(2)}x`
  if (target === undefined) return shownRatio
  const met = target.bound === 'least' ? ratio >= target.ratio : ratio <= target.ratio
  return `${shownRatio} (${target.bound === 'least' ? '>=' : '<='} ${target.ratio}x) ${MARKS[`${met}`]}`
}

const figureOf =
  (scenario: Scenario) =>
  (sample: Sample): number =>
    scenario.metric === 'perS' ? sample.result.perS : sample.result.receiptUs.p99 / 1000

function medianOf(
  findings: Findings,
  scenario: Scenario,
  name: BrokerName,
  figure: (sample: Sample) => number,
): number | undefined {
  return median(samplesOf(findings, scenario, name).map(figure))
}

const samplesOf = (findings: Findings, scenario: Scenario, name: BrokerName): Sample[] =>
  findings.loads
    .filter(load => load.scenario === scenario.id && load.broker === name)
    .flatMap(load => load.samples)
    .filter(sample => sample.result.ok)

function details(findings: Findings): string[][] {
  const header = [
    '',
    'broker',
    'messages',
    'lowest',
    'highest',
    'receipt p50/p99/p999 ms',
    'delivery p50/p99/p999 ms',
    'cpu s/100,000',
  ]
  const rows = [header]
  for (const scenario of SCENARIOS)
    for (const { name } of findings.brokers) {
      const samples = samplesOf(findings, scenario, name)
      if (samples.length === 0) continue
      const figures = samples.map(figureOf(scenario))
      const latencies = (of: 'receiptUs' | 'deliveryUs'): string =>
        (['p50', 'p99', 'p999'] as const)
          .map(p => shown((median(samples.map(sample => sample.result[of][p])) ?? 0) / 1000, 1))
          .join(' / ')
      const digits = scenario.metric === 'perS' ? 0 : 2
      rows.push([
        scenario.id,
        name,
        shown(median(samples.map(sample => sample.result.messages)), 0),
        shown(Math.min(...figures), digits),
        shown(Math.max(...figures), digits),
        latencies('receiptUs'),
        scenario.load.consumers > 0 ? latencies('deliveryUs') : NONE,
        shown(median(samples.map(sample => (sample.cpuS * 100_000) / sample.result.messages)), 2),
      ])
    }
  return rows
}

function agreement(findings: Findings): string[][] {
  const rows = [['', 'broker', 'unit', 'ours', 'referee', 'difference']]
  for (const scenario of SCENARIOS)
    for (const { name } of findings.brokers) {
      const ours = medianOf(findings, scenario, name, figureOf(scenario))
      const runs = findings.loads
        .filter(load => load.scenario === scenario.id && load.broker === name)
        .flatMap(load => load.referee)
      const theirs = median(runs.filter(run => run.ok).map(run => run[scenario.metric]))
      if (ours === undefined || theirs === undefined) continue
      const difference = ours / theirs - 1
      const percent = `${difference >= 0 ? '+' : ''}${(difference * 100).toFixed(1)} %`
      const [unit, digits] = scenario.metric === 'perS' ? ['msg/s', 0] : ['ms', 2]
      // a fixed rate compares nothing but the tail of a few thousand receipts, which no two runs share
      const mark = scenario.metric === 'perS' ? ` ${MARKS[`${Math.abs(difference) <= AGREEMENT_MAX}`]}` : ''
      rows.push([
        scenario.id,
        name,
        unit as string,
        shown(ours, digits as number),
        shown(theirs, digits as number),
        percent + mark,
      ])
    }
  return rows
}

function shown(value: number | undefined, digits: number): string {
  if (value === undefined) return NONE
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** A Markdown table, padded so that it reads well on a terminal too. A row of one cell stays a line of text below it. */
export function table(rows: readonly string[][]): string {
  const body = rows.filter(row => row.length > 1)
  const widths = (body[0] ?? []).map((_, column) => Math.max(3, ...body.map(row => (row[column] ?? '').length)))
  const line = (cells: readonly string[], pad = ' '): string =>
    `| ${widths.map((width, column) => (column < 1 ? (cells[column] ?? '').padEnd(width, pad) : (cells[column] ?? '').padStart(width, pad))).join(' | ')} |`
  const rule = line(
    widths.map((_, column) => (column < 1 ? '---' : '--:')),
    '-',
  )
  const notes = rows.filter(row => row.length === 1).map(row => row[0] ?? '')
  const [header = [], ...rest] = body
  return [line(header), rule, ...rest.map(row => line(row)), ...(notes.length > 0 ? ['', ...notes] : [])].join('\n')
}
