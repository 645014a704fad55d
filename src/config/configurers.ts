import { messageOf, type Position } from '../base/errors.ts'
import { parseJavaProperties } from '../base/java-properties.ts'
import { attribute, beanProperty, descendants, isContextElement, propertyText, propertyTexts, textOf } from './beans.ts'
import type { Findings } from '../base/findings.ts'
import type { Environment } from './environment.ts'
import { decrypted, findDecryption, type Decryption } from './decryption.ts'
import type { Context } from './document.ts'
import { layerOf, Placeholders, relaxedLayer, systemLayer, type Layer, type PropertiesFile } from './placeholders.ts'
import { suggestion } from '../base/suggest.ts'
import type { Element } from '../xml/xml.ts'

const CONFIGURER = /(?:PropertyPlaceholderConfigurer|PropertySourcesPlaceholderConfigurer)$/

/** `<context:property-placeholder>`, and OSGi blueprint's `<cm:…>` and `<ext:property-placeholder>`. */
const isPlaceholderElement = (element: Element): boolean =>
  element.local === 'property-placeholder' && (isContextElement(element) || /blueprint/.test(element.uri))

/** Does it fill placeholders? */
export const isConfigurer = (element: Element): boolean =>
  isPlaceholderElement(element) || CONFIGURER.test(textOf(element, 'class')?.trim() ?? '')

/**
 * Finds the beans that fill placeholders, reads their properties files and puts the places to look up in Spring's order
 * (config 1.5). Each configurer has its say in turn: what the first one finds, the second does not see. Locations
 * themselves may only use system properties and the environment.
 */
export function configurePlaceholders(context: Context, outer: Environment, findings: Findings): Placeholders {
  const { tops } = context
  const early = new Placeholders([systemLayer(outer), layerOf(outer.env, 'environment')], [], true, true)
  const decryption = findDecryption(tops, outer, early)
  const files: PropertiesFile[] = []
  const beans = tops.filter(isConfigurer)
  const plain = ambientOf(outer, null)
  const clear = ambientOf(outer, decryption)
  const order = beans.flatMap(bean => {
    const encrypted = (textOf(bean, 'class') ?? '').includes('Encryptable')
    const ambient = encrypted ? clear : plain
    return layersOf(bean, { early, outer, files, decrypt: encrypted ? decryption : null, ambient, findings, context })
  })
  const fallback = [plain.system, plain.environment]
  const keepUnresolved =
    beans.length > 0 && beans.every(bean => isTrue(optionOf(bean, 'ignoreUnresolvablePlaceholders')))
  return new Placeholders(beans.length === 0 ? fallback : [...new Set(order)], files, beans.length > 0, keepUnresolved)
}

/** The process' own places: one of each, so that the same one is never asked twice. */
interface Ambient {
  readonly system: Layer
  readonly environment: Layer
  readonly relaxed: Layer
}

const ambientOf = (outer: Environment, decryption: Decryption | null): Ambient => ({
  system: decrypted(systemLayer(outer), decryption),
  environment: decrypted(layerOf(outer.env, 'environment'), decryption),
  relaxed: decrypted(relaxedLayer(outer.env, 'environment'), decryption),
})

/** What a configurer understands; the other options of these classes change nothing about what is found. */
const OPTIONS: Readonly<Record<string, string>> = {
  ignoreUnresolvablePlaceholders: 'ignore-unresolvable',
  ignoreResourceNotFound: 'ignore-resource-not-found',
  location: 'location',
  locations: 'locations',
  properties: 'properties-ref',
  propertiesArray: 'properties-array',
  localOverride: 'local-override',
  systemPropertiesMode: 'system-properties-mode',
  systemPropertiesModeName: 'system-properties-mode',
  searchSystemEnvironment: 'search-system-environment',
}
/** They would change which text is a placeholder at all. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  placeholderPrefix: ['${'],
  placeholderSuffix: ['}'],
  valueSeparator: [':'],
  nullValue: [],
}

/** An option of the bean, in either spelling: `<property name="localOverride">` or `local-override="…"`. */
function optionOf(bean: Element, name: string): string | null {
  const attributeName = OPTIONS[name] ?? name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
  return propertyText(bean, name) ?? (isPlaceholderElement(bean) ? textOf(bean, attributeName) : null)
}

const isTrue = (text: string | null): boolean => text?.trim().toLowerCase() === 'true'

interface Reading {
  readonly early: Placeholders
  readonly outer: Environment
  readonly files: PropertiesFile[]
  readonly decrypt: Decryption | null
  readonly ambient: Ambient
  readonly findings: Findings
  readonly context: Context
}

/** One configurer's places to look up, the first to be asked first. */
function layersOf(bean: Element, reading: Reading): readonly Layer[] {
  const { ambient, findings } = reading
  for (const [name, harmless] of Object.entries(REFUSED)) {
    const given = optionOf(bean, name)
    if (given === null || harmless.includes(given)) continue
    const message = `${name}="${given}" of the configurer is not served: placeholders are \${name:default} here`
    findings.refuse('CONFIG_PLACEHOLDER', bean.at, message, 'write the placeholders in the usual form')
  }
  const modern = isPlaceholderElement(bean) || (textOf(bean, 'class') ?? '').includes('PropertySources')
  const mode = optionOf(bean, 'systemPropertiesModeName') ?? optionOf(bean, 'systemPropertiesMode') ?? ''
  const own = [...readFiles(bean, reading), ...inlineProperties(bean, reading)]
  const searched = optionOf(bean, 'searchSystemEnvironment')?.trim().toLowerCase() !== 'false'
  const nearby = [ambient.system, ...(modern ? [ambient.relaxed] : searched ? [ambient.environment] : [])]
  if (/NEVER|^0$/i.test(mode)) return own
  const first = /OVERRIDE|^2$/i.test(mode) || (modern && !isTrue(optionOf(bean, 'localOverride')))
  return first ? [...nearby, ...own] : [...own, ...nearby]
}

/** Later files override earlier ones, so they come first. */
function readFiles(bean: Element, reading: Reading): readonly Layer[] {
  const optional = isTrue(optionOf(bean, 'ignoreResourceNotFound'))
  const layers: Layer[] = []
  for (const { text, at } of locations(bean)) {
    for (const one of text.split(',')) {
      const layer = readLocation(one.trim(), at, optional, reading)
      if (layer !== null) layers.unshift(layer)
    }
  }
  return layers
}

function* locations(bean: Element): Generator<{ readonly text: string; readonly at: Position }> {
  const direct = isPlaceholderElement(bean) || isUtilProperties(bean) ? attribute(bean, 'location') : undefined
  if (direct !== undefined) yield { text: direct.value, at: direct.at }
  yield* propertyTexts(beanProperty(bean, 'location'))
  yield* propertyTexts(beanProperty(bean, 'locations'))
}

function readLocation(raw: string, at: Position, optional: boolean, reading: Reading): Layer | null {
  if (raw === '') return null
  const filled = reading.early.fill(raw)
  const location = 'text' in filled ? filled.text : raw
  if (/^[a-z]{2,}:/i.test(location) && !/^(file|classpath\*?):/i.test(location)) {
    const message = `properties are read from files only, not from ${location.split(':')[0]}:`
    reading.findings.error('CONFIG_PROPERTIES_FILE', at, message, 'copy them into a file beside this one')
    return null
  }
  const path = reading.outer.resource(location, at.file)
  const bytes = reading.outer.sources.read(path)
  reading.files.push({ path, at, found: bytes !== null, optional })
  if (bytes === null) return null
  const values = propertiesOf(decodeProperties(bytes), path, at, reading)
  return decrypted({ from: path, get: name => values.get(name) ?? null }, reading.decrypt)
}

/** A broken file is told with its line, and holds nothing: what needs it is told too. */
function propertiesOf(text: string, path: string, at: Position, { findings }: Reading): ReadonlyMap<string, string> {
  try {
    return parseJavaProperties(text)
  } catch (error) {
    findings.error('CONFIG_PROPERTIES_FILE', at, `${path}: ${messageOf(error)}`)
    return new Map<string, string>()
  }
}

/** UTF-8, or else ISO-8859-1, as Java always read these files. */
export function decodeProperties(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('iso-8859-1').decode(bytes)
  }
}

const isUtilProperties = ({ local, uri }: Element): boolean => local === 'properties' && uri.endsWith('/schema/util')

/**
 * What stands in the bean itself, or in the properties it refers to: `<props>`, `key=value` text, `<util:properties>`,
 * `properties-ref`, blueprint's `<default-properties>`.
 */
function inlineProperties(bean: Element, reading: Reading): readonly Layer[] {
  const layers: Layer[] = []
  const reference = isPlaceholderElement(bean) ? attribute(bean, 'properties-ref') : undefined
  if (reference !== undefined) layers.push(...referred(reference.value, reference.at, reading))
  for (const name of ['properties', 'propertiesArray']) {
    const property = beanProperty(bean, name)
    if (property === null || 'value' in property) continue
    const ref = attribute(property, 'ref')
    if (ref !== undefined) layers.push(...referred(ref.value, ref.at, reading))
    else layers.push(...propertiesIn(property, reading))
  }
  const defaults = isPlaceholderElement(bean)
    ? bean.children.find(({ local }) => local === 'default-properties')
    : undefined
  return defaults === undefined ? layers : [...layers, ...propertiesIn(defaults, reading)]
}

function referred(id: string, at: Position, reading: Reading): readonly Layer[] {
  const target = reading.context.named.get(id.trim())
  if (target === undefined) {
    const hint = suggestion(id, reading.context.named.keys())
    reading.findings.error('CONFIG_REFERENCE', at, `no bean has the id "${id}"`, hint)
    return []
  }
  reading.context.used.add(target.at)
  if (isUtilProperties(target) || target.local === 'props')
    return [...readFiles(target, reading), ...propertiesIn(target, reading)]
  if (textOf(target, 'class')?.endsWith('PropertiesFactoryBean') === true)
    return [...readFiles(target, reading), ...inlineProperties(target, reading)]
  const message = `the Java class ${textOf(target, 'class') ?? target.local} that gives properties cannot be run`
  reading.findings.warn('CONFIG_JAVA_BEAN', target.at, message, 'give them with -Dname=value')
  return []
}

function propertiesIn(element: Element, reading: Reading): readonly Layer[] {
  const values = new Map<string, string>()
  const layers: Layer[] = []
  for (const one of descendants(element)) {
    if (one.local === 'prop') values.set(textOf(one, 'key') ?? '', one.text.trim())
    else if (one.local === 'value')
      for (const [name, text] of propertiesOf(one.text, '<value>', one.at, reading)) values.set(name, text)
    else if (one.local === 'property' && textOf(one, 'value') !== null)
      values.set(textOf(one, 'name') ?? '', textOf(one, 'value') ?? '')
    else if (one.local === 'ref' && one !== element)
      layers.push(...referred(textOf(one, 'bean') ?? textOf(one, 'local') ?? '', one.at, reading))
    else if (one !== element && isUtilProperties(one)) layers.push(...readFiles(one, reading))
    else if (one.local === 'bean' && one !== element) {
      const message = `the Java class ${textOf(one, 'class') ?? '?'} that gives properties cannot be run`
      reading.findings.warn('CONFIG_JAVA_BEAN', one.at, message, 'give them with -Dname=value')
    }
  }
  const own: Layer = { from: `${element.at.file}:${element.at.line}`, get: name => values.get(name) ?? null }
  return [...(values.size === 0 ? [] : [decrypted(own, reading.decrypt)]), ...layers]
}
