import { messageOf, type Position } from '../base/errors.ts'
import { parseJavaProperties } from '../base/java-properties.ts'
import { attribute, beanProperty, descendants, isContextElement, propertyText, propertyTexts, textOf } from './beans.ts'
import type { Findings } from '../base/findings.ts'
import type { Environment } from './environment.ts'
import { layerOf, LockedValue, Placeholders, relaxedLayer, type Layer, type PropertiesFile } from './placeholders.ts'
import type { Element } from '../xml/xml.ts'

const CONFIGURER = /(?:PropertyPlaceholderConfigurer|PropertySourcesPlaceholderConfigurer)$/
/** Is it a bean that fills placeholders: a configurer, or `<context:property-placeholder>`? */
export const isConfigurer = (element: Element): boolean =>
  isPropertyPlaceholder(element) || CONFIGURER.test(textOf(element, 'class') ?? '')

const isPropertyPlaceholder = (element: Element): boolean =>
  isContextElement(element) && element.local === 'property-placeholder'

const DEFAULT_ALGORITHM = 'PBEWithMD5AndDES'

/**
 * Finds the beans that fill placeholders, reads their properties files and puts the places to look up in Spring's order
 * (config 1.5). Locations themselves may only use system properties and the environment.
 */
export function configurePlaceholders(tops: readonly Element[], outer: Environment, findings: Findings): Placeholders {
  const system = layerOf(outer.system, '-D')
  const environment = layerOf(outer.env, 'environment')
  const early = new Placeholders([system, environment], [], true, true)
  const decryption = findDecryption(tops, outer, early)
  const layers: Layer[] = []
  const files: PropertiesFile[] = []
  let modern = false
  let override = false
  let keepUnresolved = false
  let configured = false
  for (const bean of tops) {
    const className = textOf(bean, 'class') ?? ''
    if (!isConfigurer(bean)) continue
    const context = isPropertyPlaceholder(bean)
    configured = true
    modern ||= context || className.includes('PropertySources')
    override ||= /OVERRIDE|^2$/i.test(
      option(bean, 'systemPropertiesModeName') ?? option(bean, 'systemPropertiesMode') ?? '',
    )
    keepUnresolved ||= isTrue(option(bean, 'ignoreUnresolvablePlaceholders') ?? textOf(bean, 'ignore-unresolvable'))
    const decrypt = className.includes('Encryptable') ? decryption : null
    const reading: Reading = { early, outer, files, decrypt, findings }
    layers.unshift(...readFiles(bean, context, reading))
    const inline = inlineProperties(bean, reading)
    if (inline !== null) layers.push(inline)
  }
  const order =
    modern || override
      ? [system, modern ? relaxedLayer(outer.env, 'environment') : environment, ...layers]
      : [...layers, system, environment]
  return new Placeholders(order, files, configured, keepUnresolved)
}

const option = (bean: Element, name: string): string | null => propertyText(bean, name)
const isTrue = (text: string | null): boolean => text?.trim().toLowerCase() === 'true'

interface Reading {
  readonly early: Placeholders
  readonly outer: Environment
  readonly files: PropertiesFile[]
  readonly decrypt: Decryption | null
  readonly findings: Findings
}

/** Later files override earlier ones, so they come first. */
function readFiles(bean: Element, context: boolean, reading: Reading): readonly Layer[] {
  const optional = isTrue(option(bean, 'ignoreResourceNotFound') ?? textOf(bean, 'ignore-resource-not-found'))
  const layers: Layer[] = []
  for (const { text, at } of locations(bean, context)) {
    for (const one of text.split(',')) {
      const layer = readLocation(one.trim(), at, optional, reading)
      if (layer !== null) layers.unshift(layer)
    }
  }
  return layers
}

function* locations(bean: Element, context: boolean): Generator<{ readonly text: string; readonly at: Position }> {
  const direct = context ? attribute(bean, 'location') : undefined
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
  // Java reads these files as ISO-8859-1; later versions and most editors write UTF-8.
  const values = propertiesOf(decode(bytes), path, at, reading)
  return { from: path, get: name => readable(values.get(name) ?? null, reading.decrypt) }
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

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('iso-8859-1').decode(bytes)
  }
}

function inlineProperties(bean: Element, reading: Reading): Layer | null {
  const property = beanProperty(bean, 'properties')
  if (property === null || 'value' in property) return null
  const values: Record<string, string> = {}
  for (const element of descendants(property)) {
    if (element.local === 'prop') values[textOf(element, 'key') ?? ''] = element.text.trim()
    if (element.local === 'value')
      Object.assign(values, Object.fromEntries(propertiesOf(element.text, '<value>', element.at, reading)))
  }
  return layerOf(values, `${bean.at.file}:${bean.at.line}`)
}

interface Decryption {
  readonly algorithm: string
  readonly password: string | null
  readonly source: string
  readonly decrypt: Environment['decrypt']
}

/** jasypt's encryptor beans, wherever they stand: their names differ between versions, their properties do not. */
function findDecryption(tops: readonly Element[], outer: Environment, early: Placeholders): Decryption {
  let algorithm = DEFAULT_ALGORITHM
  let password: string | null = null
  let source = 'no password is configured'
  for (const bean of tops.flatMap(top => [...descendants(top)])) {
    if (!(textOf(bean, 'class') ?? '').startsWith('org.jasypt.')) continue
    algorithm = option(bean, 'algorithm') ?? algorithm
    const literal = option(bean, 'password')
    const variable = option(bean, 'passwordEnvName')
    const property = option(bean, 'passwordSysPropertyName')
    if (literal !== null) {
      const filled = early.fill(literal)
      password = 'text' in filled ? filled.text : null
    } else if (variable !== null) {
      password = outer.env[variable] ?? null
      source = `set the environment variable ${variable}`
    } else if (property !== null) {
      password = outer.system[property] ?? null
      source = `give -D${property}=…`
    }
  }
  return { algorithm, password, source, decrypt: outer.decrypt }
}

/** Plain text as it is; `ENC(…)` decrypted. The encrypted text itself is never a value. */
function readable(value: string | null, decryption: Decryption | null): string | null {
  const encrypted = value === null ? null : /^\s*ENC\(([^]*)\)\s*$/.exec(value)
  if (value === null || !encrypted || decryption === null) return value
  if (decryption.password === null) throw new LockedValue(decryption.source)
  if (decryption.decrypt === null) throw new LockedValue('this program was started without a decryptor')
  try {
    return decryption.decrypt(decryption.algorithm, decryption.password, (encrypted[1] ?? '').trim())
  } catch (thrown) {
    throw new LockedValue(`${decryption.algorithm}: ${messageOf(thrown)}`, { cause: thrown })
  }
}
