import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { Findings, formatFinding } from '../../src/base/findings.ts'
import { loadTools, readConfig, type Item, type ObjectNode, type Reading, type Tools } from '../../src/config/config.ts'
import { convertTree, readTree, type Format, type SourceTree } from '../../src/document/document.ts'
import { temporary } from '../temporary.ts'

const CORPUS = resolve('../shared/corpus')

export const tools: Tools = await loadTools()

/** A file with what stood beside it; the corpus files that are a broker, and every XML file of fixtures/. */
export interface Sample {
  readonly name: string
  readonly text: string
  readonly companions: readonly string[]
}

const CORE = 'http://activemq.apache.org/schema/core'
const SPRING = 'http://www.springframework.org/schema/beans'
const CONNECTOR =
  '<transportConnectors><transportConnector name="s" uri="stomp://127.0.0.1:61613?a=1&amp;trace=true"/></transportConnectors>'

/** Shapes that real files rarely have, and that a conversion could lose. */
const ODD: Readonly<Record<string, string>> = {
  'a slot that is given twice': `<broker xmlns="${CORE}"><plugins><statisticsBrokerPlugin/></plugins>${CONNECTOR}<plugins/></broker>`,
  'one setting under two names': `<broker xmlns="${CORE}" masterConnectorURI="tcp://a:1" activeConnectorURI="tcp://a:2">${CONNECTOR}<waitForSlave>true</waitForSlave><waitForPassive>false</waitForPassive></broker>`,
  'a description, stray text and CDATA': `<beans xmlns="${SPRING}"><description>about</description><broker xmlns="${CORE}">stray<description>x</description><brokerName><![CDATA[a<b]]></brokerName>${CONNECTOR}</broker></beans>`,
  'a blueprint': `<blueprint xmlns="http://www.osgi.org/xmlns/blueprint/v1.0.0" xmlns:amq="${CORE}" xmlns:cm="urn:cm"><cm:property-placeholder persistent-id="x"><cm:default-properties><cm:property name="a" value="b"/></cm:default-properties></cm:property-placeholder><amq:broker brokerName="x"><amq:transportConnectors><amq:transportConnector uri="stomp://127.0.0.1:0"/></amq:transportConnectors></amq:broker></blueprint>`,
  'nested beans with profiles, references, p: and an element in no namespace': `<beans xmlns="${SPRING}" xmlns:p="http://www.springframework.org/schema/p" xmlns:util="http://www.springframework.org/schema/util">
    <beans profile="other"><bean id="x" class="Y"/></beans><beans profile="default"><util:map id="m"><entry key="a"><value>1</value></entry></util:map>
    <bean id="store" class="org.apache.activemq.store.kahadb.KahaDBPersistenceAdapter" p:directory="d"/></beans><foo xmlns="" bar="1"/>
    <broker xmlns="${CORE}" persistenceAdapter="#store" p:brokerName="y"><plugins><bean xmlns="${SPRING}" class="a.B"><constructor-arg index="1"><list><value>x</value><null/></list></constructor-arg></bean><ref xmlns="${SPRING}" bean="m"/></plugins>${CONNECTOR}<foo xmlns="" bar="1"/></broker></beans>`,
  'Spring properties, lists and maps in an ActiveMQ element': `<beans xmlns="${SPRING}" xmlns:amq="${CORE}"><amq:broker useJmx="true">
    <property name="brokerName" value="##x"/><property name="dataDirectory"><value>d</value></property><property name="unknown" value="1"/>
    <amq:managementContext><amq:managementContext><property name="environment"><map><entry key="a" value="b"/></map></property></amq:managementContext></amq:managementContext>
    <amq:plugins><list><amq:statisticsBrokerPlugin id="s"/><list><ref local="s"/></list></list></amq:plugins><amq:shutdownHooks><null/></amq:shutdownHooks>
    <amq:transportConnectors><amq:transportConnector uri=" stomp://127.0.0.1:0 "/></amq:transportConnectors></amq:broker></beans>`,
}

export function samples(): readonly Sample[] {
  const odd = Object.entries(ODD).map(([name, text]) => ({ name, text, companions: [] }))
  const own = readdirSync('fixtures', { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.xml'))
    .map(path => ({ name: path, text: readFileSync(join('fixtures', path), 'utf8'), companions: [] }))
  const list = join(CORPUS, 'CORPUS.tsv')
  if (!existsSync(list)) {
    console.log('the corpus of configuration files is not here: only fixtures/ is converted')
    return [...odd, ...own]
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
  return [...odd, ...own, ...corpus]
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
  const conf = join(temporary('convert'), 'conf')
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
    // Each once: text between elements is in several pieces in XML, and in one elsewhere.
    codes: [
      ...new Set(
        findings
          .filter(({ code, message }) => code !== 'CONFIG_NO_NAMESPACE' && !message.startsWith('the DOCTYPE'))
          .map(({ severity, code }) => `${severity} ${code}`),
      ),
    ].toSorted(),
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
