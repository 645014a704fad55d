import type { ValidateFunction } from 'ajv'
import { buildBroker } from './build.ts'
import { checkBroker, checkSchema } from './check.ts'
import { configurePlaceholders } from './configurers.ts'
import { readContext, type Context } from './document.ts'
import { textOf } from './beans.ts'
import type { Environment } from './environment.ts'
import type { Places } from './fields.ts'
import { Findings } from '../base/findings.ts'
import type { BrokerConfig, LoadResult } from './model.ts'
import type { ObjectNode } from './node.ts'
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
  /** Null when the file could not be read. */
  readonly context: Context | null
  readonly placeholders: Placeholders | null
  /** Where each field of the model came from, by JSON pointer. */
  readonly places: Places
  readonly outer: Environment
}

/** One file to a model, or to the reasons why not. Touches nothing but `outer.sources`. */
export function readFile(file: string, tools: Tools, outer: Environment): Reading {
  const findings = new Findings()
  const places: Places = new Map()
  const read = run(file, tools, outer, places, findings)
  const config = findings.stops > 0 ? null : read.model
  return { ...read, config, findings: findings.list(), places, outer }
}

type Read = Pick<Reading, 'model' | 'broker' | 'context' | 'placeholders'>

function run(file: string, tools: Tools, outer: Environment, places: Places, findings: Findings): Read {
  const { vocabulary, transports } = tools
  const context = readContext(file, tools, outer, findings)
  const nothing: Read = { model: null, broker: null, context, placeholders: null }
  if (context === null) return nothing
  const broker = chooseBroker(context, file, findings)
  if (broker === null) return nothing
  const placeholders = configurePlaceholders(context.tops, outer, findings)
  const objects = new Objects({ vocabulary, context, placeholders, findings, overrides: outer.overrides })
  const node = walk(broker, context, objects, vocabulary)
  if (node === null) return { ...nothing, placeholders }
  const config = buildBroker(node, { outer, findings, places, transports })
  placeholders.reportFiles(findings)
  checkBroker(config, places, outer, findings)
  checkSchema(config, tools.validate, places, findings)
  return { model: config, broker: node, context, placeholders }
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
function walk(broker: Element, context: Context, objects: Objects, vocabulary: Vocabulary): ObjectNode | null {
  const item = objects.item(broker)
  for (const top of context.tops) {
    const core = vocabulary.data.namespaces.includes(top.uri)
    if (core && !context.brokers.includes(top) && vocabulary.element(top.local) !== null) objects.item(top)
  }
  return item?.kind === 'object' ? item.object : null
}
