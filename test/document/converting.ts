import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { Findings, formatFinding } from '../../src/base/findings.ts'
import { loadTools, readConfig, type Item, type ObjectNode, type Reading, type Tools } from '../../src/config/config.ts'
import { convertTree, readTree, type Format, type SourceTree } from '../../src/document/document.ts'

const CORPUS = resolve('../shared/corpus')

export const tools: Tools = await loadTools()

/** A file with what stood beside it; the corpus files that are a broker, and every XML file of fixtures/. */
export interface Sample {
  readonly name: string
  readonly text: string
  readonly companions: readonly string[]
}

export function samples(): readonly Sample[] {
  const own = readdirSync('fixtures', { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.xml'))
    .map(path => ({ name: path, text: readFileSync(join('fixtures', path), 'utf8'), companions: [] }))
  const list = join(CORPUS, 'CORPUS.tsv')
  if (!existsSync(list)) {
    console.log('the corpus of configuration files is not here: only fixtures/ is converted')
    return own
  }
  const rows = readFileSync(list, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map(line => line.split('\t'))
  const corpus = rows.flatMap(([file = '', , , , expected = '', , , companions = '-']) => {
    if (expected !== 'broker') return []
    const beside = companions === '-' ? [] : companions.split(',').map(path => join(CORPUS, path))
    // Several samples are in ISO-8859-1; what is converted is text.
    return [{ name: file, text: new TextDecoder('utf-8').decode(readFileSync(join(CORPUS, file))), companions: beside }]
  })
  return [...own, ...corpus]
}

/** A tree, or the findings that say why not. */
export function parse(text: string, file: string): { readonly tree: SourceTree | null; readonly findings: Findings } {
  const findings = new Findings()
  return { tree: readTree(text, file, tools, findings), findings }
}

export function convert(text: string, file: string, to: Format): string {
  const { tree, findings } = parse(text, file)
  if (tree === null) throw new Error(findings.list().map(formatFinding).join('\n'))
  return convertTree(tree, to, tools).text
}

/** A conf directory with the sample's companions in it. */
export function confOf({ companions }: Sample): string {
  const conf = join(mkdtempSync(join(tmpdir(), 'tandemmq-convert-')), 'conf')
  mkdirSync(conf)
  for (const path of companions) cpSync(path, join(conf, basename(path)))
  return conf
}

export function read(conf: string, name: string, text: string): Promise<Reading> {
  writeFileSync(join(conf, name), text)
  return readConfig(join(conf, name), { properties: {}, env: {}, cwd: dirname(conf) })
}

/** All that a reading found out, without the places: what must not change when the format does. */
export function meaningOf({ model, broker, findings }: Reading): unknown {
  return {
    model: withoutPlaces(model),
    broker: broker === null ? null : treeOf(broker, new Set()),
    codes: findings
      .filter(({ code, message }) => code !== 'CONFIG_NO_NAMESPACE' && !message.startsWith('the DOCTYPE'))
      .map(({ severity, code }) => `${severity} ${code}`)
      .toSorted(),
  }
}

function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (key === 'at' ? [] : [[key, withoutPlaces(inner)]])),
  )
}

function treeOf(node: ObjectNode, around: ReadonlySet<ObjectNode>): unknown {
  if (around.has(node)) return `again ${node.name}`
  const inside = new Set([...around, node])
  const sorted = <T>(entries: Iterable<[string, T]>): [string, T][] =>
    [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    name: node.name,
    id: node.id,
    values: sorted(node.values).map(([key, { text, raw, origins, spelling }]) => ({
      key,
      text,
      raw,
      origins,
      spelling,
    })),
    failed: sorted(node.failed).map(([key, { raw, spelling }]) => ({ key, raw, spelling })),
    slots: sorted(node.slots).map(([key, items]) => [key, items.map(item => itemOf(item, inside))]),
  }
}

function itemOf(item: Item, inside: ReadonlySet<ObjectNode>): unknown {
  switch (item.kind) {
    case 'object':
      return treeOf(item.object, inside)
    case 'bean':
      return item.className
    case 'text':
      return { text: item.value.text, raw: item.value.raw }
    default:
      return item satisfies never
  }
}
