import { readFileSync } from 'node:fs'
import { readdir, stat, statfs } from 'node:fs/promises'
import { arch, availableParallelism, freemem, hostname, loadavg, platform, release, totalmem, uptime } from 'node:os'
import { join } from 'node:path'
import { loadTools, type ObjectNode, type Reading } from '../config/config.ts'
import {
  Explainer,
  findingText,
  itemText,
  masked,
  plain,
  secretNames,
  surroundings,
  surroundingsText,
} from '../inspect/inspect.ts'
import { duration, size } from '../server/server.ts'
import type { Terminal } from './cli.ts'
import { allFindings } from './configuration.ts'
import type { Section } from './diag-node.ts'
import { visible } from './visible.ts'

/** Variables whose values say how a broker is laid out; of all others only that they are set is told. */
const SHOWN =
  /^(?:(?:ACTIVEMQ|TANDEMMQ)_(?:HOME|BASE|CONF|CONFIG_DIR|DATA|DATA_DIR|TMP|OUT|PIDFILE|USER|CONTEXT|LOG|LOG_FILE)|NODE_ENV|NODE_EXTRA_CA_CERTS|TZ|LANG|LC_ALL)$/
const OURS = /^(?:ACTIVEMQ|TANDEMMQ|NODE)_|^(?:TZ|LANG|LC_ALL)$/

/** `pid`: the broker's, when it runs here; else the limits of this process stand for its. */
export function machine({ version, env }: Terminal, pid: number | null, properties: readonly string[]): Section {
  const { node, v8, openssl, uv } = process.versions
  const constrained = process.constrainedMemory() ?? 0
  const memory = `${size(totalmem())} of memory, ${size(freemem())} free`
  const limits = readLimits(pid)
  const lines = [
    `TandemMQ ${version}, Node ${node} (V8 ${v8}, OpenSSL ${openssl}, libuv ${uv})`,
    `${platform()} ${release()}, ${arch()}, ${availableParallelism()} processors, load ${loadavg()
      .map(one => one.toFixed(2))
      .join(' ')}`,
    constrained > 0 && constrained < totalmem() ? `${memory}; limited to ${size(constrained)}` : memory,
    `${hostname()}, up ${duration(uptime() * 1000)}`,
    `limits of ${pid === null ? 'this process' : `pid ${pid}`}:`,
    ...(limits.length === 0 ? ['  this system does not tell'] : limits.map(line => `  ${line.trimEnd()}`)),
    'environment:',
    ...Object.keys(env)
      .filter(name => OURS.test(name) && env[name] !== undefined)
      .toSorted()
      .map(name => `  ${name}${SHOWN.test(name) ? `=${visible(env[name] ?? '')}` : ' (set)'}`),
    `properties, without their values: ${properties.length === 0 ? 'none' : properties.map(visible).join(', ')}`,
  ]
  return { title: 'machine', text: lines.join('\n') }
}

function readLimits(pid: number | null): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid ?? 'self'}/limits`, 'utf8')
    return text.split('\n').filter(line => /^Max (?:open files|processes|core file|address space|file size)/.test(line))
  } catch {
    return []
  }
}

/** What a configuration comes to, as `explain` shows it, and what `validate` says of it. Secrets are masked. */
export async function configuration(
  reading: Reading,
  properties: Readonly<Record<string, string>>,
  terminal: Terminal,
): Promise<readonly Section[]> {
  const { vocabulary, transports } = await loadTools()
  const isSecret = secretNames(vocabulary)
  const style = { show: (path: string) => path, paint: plain, width: null }
  const findings = await allFindings(reading, properties, terminal)
  const told = findings.map(finding => findingText(finding, null, style.show, plain))
  const sections = [{ title: 'findings', text: told.length === 0 ? 'none' : told.join('') }]
  if (reading.broker === null) return sections
  const explainer = new Explainer(reading, { all: false, isSecret, vocabulary, transports })
  const text = itemText(explainer.object(reading.broker), style)
  return [
    { title: 'configuration', text: text + surroundingsText(surroundings(reading, vocabulary, isSecret), style) },
    ...sections,
  ]
}

/** Masks what looks like a password in lines that other parts of the broker wrote: of a URL, of an option. */
export async function maskOfLines(): Promise<(text: string) => string> {
  const isSecret = secretNames((await loadTools()).vocabulary)
  return text =>
    text
      .split('\n')
      .map(line => masked(line, isSecret))
      .join('\n')
}

/** Shorter ones would be found in words that have nothing to do with them. */
const SECRET_MIN = 5

/** What the configuration keeps secret, in plain: to find it where it should not be. */
export async function secretsOf({ broker }: Reading): Promise<readonly string[]> {
  const isSecret = secretNames((await loadTools()).vocabulary)
  const found = new Set<string>()
  const seen = new Set<ObjectNode>()
  const visit = (node: ObjectNode): void => {
    if (seen.has(node)) return
    seen.add(node)
    for (const [name, { text }] of node.values) if (isSecret(name) && text.length >= SECRET_MIN) found.add(text)
    for (const [name, { raw }] of node.failed) if (isSecret(name) && raw.length >= SECRET_MIN) found.add(raw)
    for (const items of node.slots.values()) for (const item of items) if (item.kind === 'object') visit(item.object)
  }
  if (broker !== null) visit(broker)
  return [...found]
}

/** Files that are listed, at most, and directories below the first that are looked into. */
const FILES_MAX = 500
const DEPTH_MAX = 2

/** Names, sizes and times of the files of the data directory. None of them is opened. */
export async function dataFiles({ config, model }: Reading): Promise<Section | null> {
  const store = (config ?? model)?.store
  if (store === undefined || store.kind === 'memory') return null
  const lines: string[] = []
  try {
    const { blocks, bavail, bsize, type } = await statfs(store.directory)
    lines.push(`disk of type 0x${type.toString(16)}, ${size(bavail * bsize)} of ${size(blocks * bsize)} free`)
    await list(store.directory, '', 0, lines)
  } catch (error) {
    lines.push(error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be read')
  }
  return { title: `data directory ${store.directory}`, text: lines.join('\n') }
}

async function list(root: string, below: string, depth: number, lines: string[]): Promise<void> {
  for (const entry of (await readdir(join(root, below), { withFileTypes: true })).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = join(below, entry.name)
    if (lines.length > FILES_MAX) return
    if (entry.isDirectory() && depth < DEPTH_MAX) await list(root, path, depth + 1, lines)
    else {
      const found = await stat(join(root, path)).catch(() => null)
      lines.push(`${String(found?.size ?? '?').padStart(12)}  ${found?.mtime.toISOString() ?? '?'}  ${visible(path)}`)
    }
  }
}
