import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { resolve } from 'node:path'
import { messageOf } from '../base/errors.ts'
import { Findings } from '../base/findings.ts'
import { formatFinding, loadTools } from '../config/config.ts'
import { convertTree, readTree, type Format, type SourceTree } from '../document/document.ts'
import { decodeXml, XML_LIMITS } from '../xml/xml.ts'
import { readArguments, UsageError } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { NO_FILE } from './configuration.ts'
import { wrongCall } from './wrong-call.ts'

export const CONVERT_HELP = `Usage: tandemmq convert FILE --to json|yaml|xml [--output OUT] [--force]

Writes a configuration in another format; every verb that reads an activemq.xml reads the JSON and the YAML too.
Nothing is resolved: placeholders, ENC(…) and imports stay as they are written, and no other file is read. YAML keeps
the comments, JSON has no place for them. XML to XML gives the usual form: one prefix per namespace, indented by two.

  --to FORMAT    json, yaml or xml; can be left out when OUT's name ends in it
  --output OUT   writes to a file instead of stdout, readable by no more users than FILE
  --force        lets --output replace a file that is there

Exit codes: 0 converted, 1 FILE cannot be read as a configuration, 2 wrong call or OUT cannot be written.

Example: tandemmq convert conf/activemq.xml --to yaml --output conf/activemq.yaml
`

interface Call {
  readonly file: string
  readonly to: Format
  readonly output: string | null
  readonly force: boolean
}

/** Verb `convert` (management TC-10). */
export async function convert(terminal: Terminal): Promise<number> {
  let call: Call
  try {
    call = parseCall(terminal)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    wrongCall(terminal, 'convert', CONVERT_HELP, error.message)
    return 2
  }
  const tools = await loadTools()
  const findings = new Findings()
  const tree = readSource(call.file, tools, findings)
  for (const finding of findings.list()) terminal.err(`${formatFinding(finding)}\n`)
  if (tree === null || findings.stops > 0) return 1
  const { text, lost } = convertTree(tree, call.to, tools)
  for (const what of lost) terminal.err(`tandemmq convert: not in the ${call.to.toUpperCase()}: ${what}\n`)
  if (call.output === null) {
    terminal.out(text)
    return 0
  }
  try {
    write(call.output, text, statSync(call.file).mode, call.force)
    return 0
  } catch (error) {
    terminal.err(`tandemmq convert: ${problem(error, call.output)}\n`)
    return 2
  }
}

function parseCall({ args, cwd }: Terminal): Call {
  const { flags, values, rest } = readArguments(args, {
    to: { type: 'string' },
    output: { type: 'string', short: 'o' },
    force: { type: 'boolean' },
  })
  const [file, more] = rest
  if (file === undefined) throw new UsageError('no file is named')
  if (NO_FILE.test(file)) throw new UsageError(`${file} is no configuration file, and only those are converted`)
  if (more !== undefined) throw new UsageError(`one file at a time, not ${rest.join(' and ')}`)
  const output = values.get('output') ?? null
  const to =
    values.get('to') ??
    /\.(json|ya?ml|xml)$/i
      .exec(output ?? '')?.[1]
      ?.toLowerCase()
      .replace('yml', 'yaml')
  if (to === undefined) throw new UsageError('--to is missing: json, yaml or xml')
  if (to !== 'json' && to !== 'yaml' && to !== 'xml') throw new UsageError(`--to ${to}: json, yaml or xml`)
  return {
    file: resolve(cwd, file.replace(/^xbean:/, '').replace(/^file:(?:\/\/(?=\/))?/, '')),
    to,
    output: output === null ? null : resolve(cwd, output),
    force: flags.has('force'),
  }
}

function readSource(file: string, tools: Awaited<ReturnType<typeof loadTools>>, findings: Findings): SourceTree | null {
  const start = { file, line: 1, column: 1 }
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    findings.error('CONFIG_NOT_FOUND', start, `the file cannot be read: ${messageOf(error)}`, 'check the path')
    return null
  }
  const text = bytes.length > XML_LIMITS.bytes ? null : decodeXml(bytes)
  if (text === null) {
    const large = bytes.length > XML_LIMITS.bytes
    const what = large
      ? `the file is larger than ${XML_LIMITS.bytes} bytes`
      : 'the file is not in its declared encoding'
    findings.error(large ? 'CONFIG_XML_FORBIDDEN' : 'CONFIG_NOT_WELL_FORMED', start, what)
    return null
  }
  const tree = readTree(text, file, tools, findings)
  if (tree?.root.local === 'configuration' && tree.root.uri.startsWith('urn:activemq'))
    findings.error(
      'CONFIG_NO_BROKER',
      tree.root.at,
      'this is an ActiveMQ Artemis configuration, not one of ActiveMQ Classic',
    )
  return tree
}

/** Whole or not at all: the text goes to a file beside it, which then takes its name. */
function write(output: string, text: string, mode: number, force: boolean): void {
  // Secrets may be in the text: nobody reads it who could not read the source, or the file that it replaces.
  const before = force ? statSync(output, { throwIfNoEntry: false }) : undefined
  const allowed = mode & (before?.mode ?? 0o777) & 0o777
  const target = force ? `${output}.${randomBytes(4).toString('hex')}.tmp` : output
  const file = openSync(target, 'wx', 0o600)
  try {
    try {
      writeSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    chmodSync(target, allowed | 0o200)
    if (force) renameSync(target, output)
  } catch (error) {
    rmSync(target, { force: true })
    throw error
  }
}

function problem(error: unknown, output: string): string {
  const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST'
  return exists ? `${output} exists; --force replaces it` : `${output} cannot be written: ${messageOf(error)}`
}
