import type { ValidateFunction } from 'ajv'
import { buildBroker } from './build.ts'
import { checkBroker, checkSchema } from './check.ts'
import { checkProofs } from './check-proofs.ts'
import { checkSecrets } from './check-secrets.ts'
import { checkProperties } from './check-properties.ts'
import { configurePlaceholders, decodeProperties } from './configurers.ts'
import { contextOfBroker, readContext, type Context } from './document.ts'
import { startOf, type Located } from './sources.ts'
import { brokerOfProperties, brokerOfUri } from './synthetic.ts'
import { textOf } from './beans.ts'
import type { Environment } from './environment.ts'
import type { Places } from './fields.ts'
import { Findings } from '../base/findings.ts'
import type { BrokerConfig, LoadResult } from './model.ts'
import type { ObjectNode } from './node.ts'
import { passOverJetty, readJetty, type Jetty } from './jetty.ts'
import { Objects } from './objects.ts'
import type { Placeholders } from './placeholders.ts'
import type { ReadTools } from '../document/document.ts'
import type { Element } from '../xml/xml.ts'
import type { TransportData } from '../vocabulary/vocabulary.ts'
import type { Vocabulary } from '../vocabulary/vocabulary.ts'

/** What the pipeline works with; `load.ts` brings it in. */
export interface Tools extends ReadTools {
  readonly transports: TransportData
  readonly validate: ValidateFunction
}

/** All that one reading of a configuration found out, for whoever explains, compares or rewrites it. */
export interface Reading extends LoadResult {
  /** The model, also when findings stop a start; null when there is no broker that could be read. */
  readonly model: BrokerConfig | null
  readonly broker: ObjectNode | null
  /** The other ActiveMQ objects at the top level of the file. */
  readonly others: readonly ObjectNode[]
  /** Null when the file could not be read. */
  readonly context: Context | null
  readonly placeholders: Placeholders | null
  /** Where each field of the model came from, by JSON pointer. */
  readonly places: Places
  readonly outer: Environment
}

/** One source to a model, or to the reasons why not. Touches nothing but `outer.sources`. */
export function readSource(source: Located, tools: Tools, outer: Environment): Reading {
  const steps = readInSteps(source, tools, outer)
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

/** As `readSource`, with rests: of tens of thousands of elements it is the work of half a second, and a broker may be running. */
export function* readInSteps(
  source: Located,
  tools: Tools,
  outer: Environment,
): Generator<undefined, Reading, undefined> {
  const findings = new Findings()
  const places: Places = new Map()
  const context = contextOf(source, tools, outer, findings)
  const nothing: Read = { model: null, broker: null, others: [], context: null, placeholders: null }
  const file = source.kind === 'broker' ? source.uri : source.path
  yield
  const read = context === null ? nothing : yield* run(file, context, tools, outer, places, findings)
  const config = findings.stops > 0 ? null : read.model
  return { ...read, config, findings: findings.list(), places, outer }
}

/** As `readSource`, of one file. */
export const readFile = (path: string, tools: Tools, outer: Environment): Reading =>
  readSource({ kind: 'file', path, ignored: [] }, tools, outer)

function contextOf(source: Located, tools: Tools, outer: Environment, findings: Findings): Context | null {
  const { vocabulary } = tools
  switch (source.kind) {
    case 'file':
      for (const name of source.ignored) {
        const message = `"?${name}" behind the file's name has no effect, as in ActiveMQ`
        findings.add('accept', 'CONFIG_NO_EFFECT', startOf(source.path), message)
      }
      return readContext(source.path, tools, outer, findings)
    case 'broker': {
      const broker = brokerOfUri(source.uri, vocabulary, findings)
      return broker === null ? null : contextOfBroker(broker, source.uri, source.uri)
    }
    case 'properties': {
      const text = propertiesText(source.path, outer, findings)
      if (text === null) return null
      const broker = brokerOfProperties(source.path, text, outer.system, vocabulary, findings)
      return contextOfBroker(broker, source.path, text)
    }
    default:
      return source satisfies never
  }
}

function propertiesText(path: string, outer: Environment, findings: Findings): string | null {
  const bytes = outer.sources.read(path)
  if (bytes === null)
    findings.error('CONFIG_NOT_FOUND', startOf(path), `${path} does not exist or cannot be read`, 'check the path')
  return bytes === null ? null : decodeProperties(bytes)
}

type Read = Pick<Reading, 'model' | 'broker' | 'others' | 'context' | 'placeholders'>

function* run(
  file: string,
  context: Context,
  tools: Tools,
  outer: Environment,
  places: Places,
  findings: Findings,
): Generator<undefined, Read, undefined> {
  const { vocabulary, transports } = tools
  const nothing: Read = { model: null, broker: null, others: [], context, placeholders: null }
  const broker = chooseBroker(context, file, findings)
  if (broker === null) return nothing
  const placeholders = configurePlaceholders(context, outer, findings)
  const objects = new Objects({ vocabulary, context, placeholders, findings, overrides: outer.overrides })
  const { node, others } = walk(broker, context, objects, vocabulary)
  if (node === null) return { ...nothing, placeholders, others }
  yield
  const jetty = (wanted: boolean): Jetty | null => {
    if (wanted) return readJetty(context, placeholders, tools, outer, findings)
    passOverJetty(context, findings)
    return null
  }
  const config = buildBroker(node, { outer, findings, places, transports, xml2js: tools.xml2js, jetty })
  placeholders.reportFiles(findings)
  yield
  checkProperties(outer.overrides, node.at, tools, findings)
  checkBroker(config, places, outer, findings)
  // With the proofs, since it is about this machine and not about the file: the same file elsewhere may be well kept.
  if (outer.prove !== null) checkSecrets(node, outer, findings)
  checkProofs(config, outer, findings)
  yield
  checkSchema(config, tools.validate, places, findings)
  return { model: config, broker: node, others, context, placeholders }
}

/** The bean called `broker`, else the first (config 1.2). */
function chooseBroker({ brokers, tops }: Context, file: string, findings: Findings): Element | null {
  const [first] = brokers
  if (first === undefined) {
    const java = tops.find(top =>
      /(?:BrokerService|BrokerFactoryBean|XBeanBrokerService)$/.test(textOf(top, 'class') ?? ''),
    )
    const at = java?.at ?? tops[0]?.at ?? { file, line: 1, column: 1 }
    const message = java === undefined ? 'the file holds no <broker> element' : 'the broker is defined by a Java bean'
    const hint = 'a broker is <broker xmlns="http://activemq.apache.org/schema/core"> inside <beans>, or as the root'
    findings.error('CONFIG_NO_BROKER', at, message, hint)
    return null
  }
  const named = (element: Element): boolean =>
    textOf(element, 'id') === 'broker' || textOf(element, 'name') === 'broker'
  const chosen = brokers.find(named) ?? first
  for (const other of brokers) {
    if (other === chosen) continue
    const message = `another <broker>; only the one at line ${chosen.at.line} is started`
    findings.warn('CONFIG_SEVERAL_BROKERS', other.at, message, 'give each broker a file and a process of its own')
  }
  return chosen
}

/** The broker, and every other ActiveMQ object at the top level: what is not served is said there as well. */
function walk(
  broker: Element,
  context: Context,
  objects: Objects,
  vocabulary: Vocabulary,
): { readonly node: ObjectNode | null; readonly others: readonly ObjectNode[] } {
  const item = objects.item(broker)
  const others: ObjectNode[] = []
  for (const top of context.tops) {
    if (context.brokers.includes(top)) continue
    const core = vocabulary.data.namespaces.includes(top.uri)
    const other = core && vocabulary.element(top.local) !== null ? objects.item(top) : null
    if (other?.kind === 'object') others.push(other.object)
    else if (!objects.knows(top)) objects.unused(top)
  }
  return { node: item?.kind === 'object' ? item.object : null, others }
}
