import { BeanError, type Bean, type BeanClass, type BeanServer } from './bean.ts'
import { jsonText, type JsonValue } from './json.ts'
import { BadName, objectName, parseObjectName } from './object-name.ts'
import type { ProcessingOptions } from './options.ts'
import { gatheredBetween } from './read-beans.ts'

/**
 * What all beans are and do (management JR-11), piece by piece: a description is the same for every bean of a class and
 * is written once, so that ten thousand queues cost little more than their names. With `listCache` it also stands in the
 * answer only once. Throws before the first piece, or not at all; an empty piece is a place to pause.
 */
export function* listValue(
  server: BeanServer,
  path: readonly (string | null)[],
  options: ProcessingOptions,
): Generator<string> {
  const [domain, properties, ...inner] = path
  if (properties !== undefined && properties !== null && domain !== undefined && domain !== null) {
    yield oneBean(server, domain, properties, inner, options.maxDepth)
    return
  }
  if (properties !== undefined) throw notFound('a wildcard')
  const found = [...(yield* gatheredBetween(server, objectName(domain ?? '*', [], true)))]
  if (domain !== undefined && found.length === 0) throw notFound(domain ?? '*')
  const domains = new Map<string, Bean[]>()
  for (const bean of found) {
    const beans = domains.get(bean.name.domain)
    if (beans === undefined) domains.set(bean.name.domain, [bean])
    else beans.push(bean)
  }
  if (domain !== undefined && domain !== null) {
    yield* beansOf(domains.get(domain) ?? [], new Descriptions(options.maxDepth, 1), options)
    return
  }
  if (options.listCache && (options.maxDepth === 0 || options.maxDepth >= WHOLE)) yield* cached(domains, options)
  else yield* domainsOf(domains, new Descriptions(options.maxDepth, 2), options)
}

/** Levels that leave a description whole, but for the insides of its parameters; hawtio asks for 7 to 9. */
const WHOLE = 5

/** `{"domain":{…},…}`. */
function* domainsOf(
  domains: ReadonlyMap<string, readonly Bean[]>,
  descriptions: Descriptions,
  options: ProcessingOptions,
): Iterable<string> {
  let separator = '{'
  for (const [domain, beans] of domains) {
    yield `${separator}${JSON.stringify(domain)}:`
    if (options.maxDepth === 1) yield '"1"'
    else yield* beansOf(beans, descriptions, options)
    separator = ','
  }
  yield domains.size === 0 ? '{}' : '}'
}

/** `{"cache":{"<class>":{…}},"domains":{"<domain>":{"<bean>":"<class>"}}}`. */
function* cached(domains: ReadonlyMap<string, readonly Bean[]>, options: ProcessingOptions): Iterable<string> {
  const keys = new Map<BeanClass<unknown>, string>()
  for (const beans of domains.values())
    for (const { kind } of beans) if (!keys.has(kind)) keys.set(kind, `${kind.className}#${keys.size + 1}`)
  yield '{"cache":{'
  let separator = ''
  for (const [kind, key] of keys) {
    yield `${separator}${JSON.stringify(key)}:${jsonText(describe(kind))}`
    separator = ','
  }
  yield '},"domains":'
  yield* domainsOf(domains, new Descriptions(0, 0, keys), options)
  yield '}'
}

/** Beans between two places to pause. */
const PAUSE_EVERY = 64

function* beansOf(
  beans: readonly Bean[],
  descriptions: Descriptions,
  { maxCollectionSize, canonicalNaming }: ProcessingOptions,
): Iterable<string> {
  const shown = maxCollectionSize > 0 ? beans.slice(0, maxCollectionSize) : beans
  let separator = '{'
  for (const [i, { name, kind }] of shown.entries()) {
    const full = canonicalNaming ? name.canonical : name.text
    yield `${separator}${JSON.stringify(full.slice(name.domain.length + 1))}:${descriptions.of(kind)}`
    if (i % PAUSE_EVERY === 0) yield ''
    separator = ','
  }
  yield shown.length === 0 ? '{}' : '}'
}

/** The text of each class, as deep as it is wanted below `levels` of names. */
class Descriptions {
  readonly #texts = new Map<BeanClass<unknown>, string>()
  readonly #maxDepth: number
  readonly #levels: number
  readonly #keys: ReadonlyMap<BeanClass<unknown>, string> | null

  constructor(maxDepth: number, levels: number, keys: ReadonlyMap<BeanClass<unknown>, string> | null = null) {
    this.#maxDepth = maxDepth
    this.#levels = levels
    this.#keys = keys
  }

  of(kind: BeanClass<unknown>): string {
    const known = this.#texts.get(kind)
    if (known !== undefined) return known
    const key = this.#keys?.get(kind)
    const text = key === undefined ? jsonText(cut(describe(kind), this.#maxDepth, this.#levels)) : JSON.stringify(key)
    this.#texts.set(kind, text)
    return text
  }
}

/** Below the wanted depth a map is "1", and any other value its text, as Jolokia's limits make it. */
function cut(value: JsonValue, maxDepth: number, depth: number): JsonValue {
  if (maxDepth === 0) return value
  if (value instanceof Map) {
    if (depth >= maxDepth) return '1'
    return new Map([...(value as Map<string, JsonValue>)].map(([key, one]) => [key, cut(one, maxDepth, depth + 1)]))
  }
  if (depth < maxDepth)
    return Array.isArray(value) ? value.map(one => cut(one as JsonValue, maxDepth, depth + 1)) : value
  return typeof value === 'string' ? value : jsonText(value)
}

function describe(kind: BeanClass<unknown>): JsonValue {
  const operations = new Map<string, JsonValue[]>()
  for (const { name, parameters, returns, description } of kind.operations) {
    const args = parameters.map(
      one =>
        new Map([
          ['name', one.name],
          ['type', one.type],
          ['desc', one.description],
        ]),
    )
    const form = new Map<string, JsonValue>([
      ['args', args],
      ['ret', returns],
      ['desc', description],
    ])
    operations.set(name, [...(operations.get(name) ?? []), form])
  }
  const attributes = [...kind.attributes.values()].map(({ name, type, description, write }): [string, JsonValue] => [
    name,
    new Map<string, JsonValue>([
      ['rw', write !== undefined],
      ['type', type],
      ['desc', description],
    ]),
  ])
  return new Map<string, JsonValue>([
    ['op', new Map([...operations].map(([name, forms]) => [name, forms.length === 1 ? (forms[0] ?? null) : forms]))],
    ['attr', new Map(attributes)],
    ['class', kind.className],
    ['desc', kind.description],
  ])
}

/** One bean, or a part of its description. */
function oneBean(
  server: BeanServer,
  domain: string,
  properties: string,
  inner: readonly (string | null)[],
  maxDepth: number,
): string {
  const bean = find(server, domain, properties)
  if (bean === null) throw notFound(`${domain}:${properties}`)
  let value: JsonValue = describe(bean.kind)
  for (const part of inner) {
    const next: JsonValue | undefined =
      value instanceof Map && part !== null ? (value as Map<string, JsonValue>).get(part) : undefined
    if (next === undefined)
      throw new BeanError('java.lang.IllegalArgumentException', `Illegal path element ${part ?? '*'}`, 400)
    value = next
  }
  return jsonText(cut(value, maxDepth, 0))
}

function find(server: BeanServer, domain: string, properties: string): Bean | null {
  try {
    return server.find(parseObjectName(`${domain}:${properties}`))
  } catch (thrown) {
    if (thrown instanceof BadName) return null
    throw thrown
  }
}

const notFound = (what: string): BeanError =>
  new BeanError('javax.management.InstanceNotFoundException', `No MBean found for ${what}`, 404)
