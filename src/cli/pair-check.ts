import { existsSync } from 'node:fs'
import { formatPosition, type Position } from '../base/errors.ts'
import { formatFinding, readConfig, type Finding, type Reading } from '../config/config.ts'
import { checkPairFiles, type Answer, type PairFile, type PairVerdict } from '../inspect/inspect.ts'
import { diskFiles } from '../journal/journal.ts'
import { decryptJasypt } from '../security/security.ts'
import { readMeta } from '../twin/twin.ts'
import { readArguments, UsageError } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { attaching } from './pair-attach.ts'

/** Refusals that leave a setting without its value. */
const UNREAD: ReadonlySet<string> = new Set([
  'CONFIG_PLACEHOLDER',
  'CONFIG_TEMPLATE',
  'CONFIG_EXPRESSION',
  'CONFIG_ENCRYPTED',
])

const OPTIONS = {
  json: { type: 'boolean' },
  'active-property': { type: 'string' },
  'passive-property': { type: 'string' },
} as const

type Properties = Readonly<Record<string, string>>

interface Call {
  readonly json: boolean
  readonly sources: readonly [active: string, passive: string]
  readonly properties: readonly [active: Properties, passive: Properties]
}

/** `tandemmq pair check ACTIVE PASSIVE`: 0 when both files make a working pair, 1 when not. Throws UsageError. */
export async function checkPair(terminal: Terminal, args: readonly string[]): Promise<number> {
  const call = readCall(args)
  const { env, cwd } = terminal
  const [activeProperties, passiveProperties] = call.properties
  const [active, passive] = await Promise.all([
    readConfig(call.sources[0], { properties: activeProperties, env, cwd, decrypt: decryptJasypt }),
    readConfig(call.sources[1], { properties: passiveProperties, env, cwd, decrypt: decryptJasypt }),
  ])
  const stops = { active: stopping(active), passive: stopping(passive) }
  const files = [await pairFile(active), await pairFile(passive)] as const
  const [mine, theirs] = files
  // Where a value could not be read, a judgement would be about something that nobody wrote.
  const misread = [...active.findings, ...passive.findings].some(
    ({ severity, code }) => severity === 'error' || (severity === 'refuse' && UNREAD.has(code)),
  )
  const verdict =
    mine === null || theirs === null || misread
      ? null
      : await checkPairFiles(
          mine,
          theirs,
          attaching({ propertiesOf: file => call.properties[file === mine ? 0 : 1], env }),
        )
  const starts = stops.active.length === 0 && stops.passive.length === 0
  const works = starts && verdict !== null && verdict.works
  const report = { active, passive, stops, files, verdict, works }
  terminal.out(call.json ? asJson(report) : asText(report))
  return works ? 0 : 1
}

function readCall(args: readonly string[]): Call {
  const { flags, lists, rest, properties } = readArguments(args, OPTIONS)
  const [active, passive, ...more] = rest
  if (active === undefined || passive === undefined) throw new UsageError('check takes two files: ACTIVE PASSIVE')
  if (more.length > 0) throw new UsageError(`check takes two files, not ${rest.length}`)
  const own = (name: keyof typeof OPTIONS): Properties => ({ ...properties, ...settings(lists.get(name) ?? [], name) })
  return {
    json: flags.has('json'),
    sources: [active, passive],
    properties: [own('active-property'), own('passive-property')],
  }
}

function settings(given: readonly string[], option: string): Properties {
  const entries = given.map(text => {
    // -Dname=value is taken for name=value, as it is written elsewhere.
    const [, name = '', value = ''] = /^(?:-D)?([^=]+)=(.*)$/s.exec(text) ?? []
    if (name === '' || name.startsWith('-'))
      throw new UsageError(`--${option} ${text.split('=')[0]}: write --${option} name=value`)
    return [name, value] as const
  })
  return Object.fromEntries(entries)
}

const stopping = ({ findings }: Reading): readonly Finding[] =>
  findings.filter(({ severity }) => severity === 'error' || severity === 'refuse')

/** Null: there is no broker that could be read. */
async function pairFile({ model, broker, places, outer }: Reading): Promise<PairFile | null> {
  if (model === null || broker === null) return null
  const { directory, kind } = model.store
  // Looking into a directory makes it. A store that cannot be read is the start's to refuse; here it says who led last.
  const there = kind !== 'memory' && existsSync(directory)
  const meta = there ? await readMeta(diskFiles, directory).catch(() => null) : null
  return { file: fileOf(outer.cwd, model.at.file), config: model, broker, places, role: meta?.role ?? 'none' }
}

/** Shorter, where it lies below the working directory. */
const fileOf = (cwd: string, path: string): string => (path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path)

interface Report {
  readonly active: Reading
  readonly passive: Reading
  readonly stops: { readonly active: readonly Finding[]; readonly passive: readonly Finding[] }
  readonly files: readonly [active: PairFile | null, passive: PairFile | null]
  readonly verdict: PairVerdict | null
  readonly works: boolean
}

const ROLES = ['active', 'passive'] as const

function asJson(report: Report): string {
  const { verdict, works, stops, files } = report
  const side = (role: (typeof ROLES)[number]): unknown => {
    const file = files[role === 'active' ? 0 : 1]
    return {
      file: file?.config.at.file ?? stops[role][0]?.at.file ?? null,
      brokerName: file?.config.brokerName ?? null,
      starts: stops[role].length === 0,
      warnings: warnings(report[role]),
      findings: stops[role],
    }
  }
  const body = {
    works,
    verdict: sentence(report),
    active: side('active'),
    passive: side('passive'),
    answers: verdict?.answers ?? [],
  }
  return `${JSON.stringify(body, null, 2)}\n`
}

const warnings = ({ findings }: Reading): number => findings.filter(({ severity }) => severity === 'warn').length

function asText(report: Report): string {
  const { stops, files, verdict } = report
  const lines: string[] = []
  for (const [index, role] of ROLES.entries()) {
    const file = files[index]
    const name = file === null || file === undefined ? 'no broker' : `"${file.config.brokerName}"`
    const count = warnings(report[role])
    const more = count === 0 ? '' : `, ${count} ${count === 1 ? 'warning' : 'warnings'} of its own (tandemmq validate)`
    lines.push(`${role.padEnd(8)} ${name}, ${file?.file ?? stops[role][0]?.at.file ?? ''}${more}`)
    for (const finding of stops[role]) lines.push(`  does not start: ${formatFinding(finding)}`)
  }
  lines.push('')
  for (const answer of verdict?.answers ?? []) lines.push(...describe(answer, report.active.outer.cwd))
  lines.push('', sentence(report))
  return `${lines.join('\n')}\n`
}

function describe({ status, topic, what, hint, active, passive }: Answer, cwd: string): readonly string[] {
  const lines = [`${status.padEnd(8)} ${topic.padEnd(11)} ${what}`]
  const indent = ' '.repeat(21)
  const place = (at: Position): string => formatPosition({ ...at, file: fileOf(cwd, at.file) })
  if (status === 'ok') return lines
  if (active !== null) lines.push(`${indent}active:  ${place(active)}`)
  if (passive !== null) lines.push(`${indent}passive: ${place(passive)}`)
  if (hint !== null) lines.push(`${indent}next: ${hint}`)
  return lines
}

function sentence({ works, stops, verdict }: Report): string {
  const stopped = ROLES.filter(role => stops[role].length > 0)
  if (stopped.length > 0) {
    const who = stopped.length === 2 ? 'neither file starts' : `the ${stopped[0]} does not start`
    return `No pair: ${who}. Correct that first${verdict === null ? '; then ask again' : ''}.`
  }
  const count = (status: Answer['status']): number =>
    verdict?.answers.filter(answer => answer.status === status).length ?? 0
  const [errors, warned] = [count('error'), count('warning')]
  if (!works) return `These two do not make a working pair: ${errors} ${errors === 1 ? 'error' : 'errors'}.`
  return warned === 0
    ? 'These two make a working pair.'
    : `These two make a working pair; ${warned} ${warned === 1 ? 'warning' : 'warnings'} to look at.`
}
