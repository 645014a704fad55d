import type { Position } from '../base/errors.ts'
import type { Findings } from '../base/findings.ts'
import type { Element } from '../xml/xml.ts'
import { attribute, beanProperty, descendants, propertyTexts, textOf } from './beans.ts'
import type { Environment } from './environment.ts'
import { resolve } from './paths.ts'
import { plainExpressions, type Placeholders } from './placeholders.ts'
import { parseBoolean, parseInteger, parseList } from './values.ts'

export interface JettyText {
  readonly text: string
  readonly at: Position
}

/** The beans of jetty.xml by class and id, and their properties with placeholders filled. */
export class JettyBeans {
  readonly beans: readonly Element[]
  readonly findings: Findings
  readonly outer: Environment
  readonly #placeholders: Placeholders
  readonly #byId: ReadonlyMap<string, Element>

  constructor(tops: readonly Element[], placeholders: Placeholders, outer: Environment, findings: Findings) {
    this.beans = tops.flatMap(top => [...descendants(top)]).filter(({ local }) => local === 'bean')
    this.#placeholders = placeholders
    this.findings = findings
    this.outer = outer
    const byId = new Map<string, Element>()
    for (const bean of this.beans) {
      const id = textOf(bean, 'id')
      // Stock files give several header rules one id; inner beans may.
      if (id !== null && !byId.has(id)) byId.set(id, bean)
    }
    this.#byId = byId
  }

  ofClass(name: RegExp): readonly Element[] {
    return this.beans.filter(bean => name.test(classOf(bean)))
  }

  /** The beans that a property holds, inside or by reference. */
  held(bean: Element, property: string): readonly Element[] {
    const found = this.#property(bean, property)
    if (found === null) return []
    if ('value' in found) return this.#referred(found.value)
    const reference = textOf(found, 'ref')
    return reference === null ? this.within(found) : this.#referred(reference)
  }

  /** The ids that a property refers to and no bean has; Spring ends the start of an ActiveMQ by one. */
  unknownIn(bean: Element, property: string): readonly JettyText[] {
    const found = this.#property(bean, property)
    if (found === null) return []
    const ids = 'value' in found ? [{ text: found.value, at: found.at }] : [...references(found)]
    return ids.filter(({ text }) => !this.#byId.has(text.trim()))
  }

  /** The beans directly inside an element or in its lists, by reference too. */
  within(element: Element): readonly Element[] {
    return element.children.flatMap(child => {
      if (child.local === 'bean') return [child]
      if (child.local === 'ref') return this.#referred(textOf(child, 'bean') ?? textOf(child, 'local') ?? '')
      if (child.local === 'constructor-arg' && textOf(child, 'ref') !== null)
        return this.#referred(textOf(child, 'ref') ?? '')
      return child.local === 'property' ? [] : this.within(child)
    })
  }

  /** Those of a class, however deep inside; the server that a connector belongs to is not inside it. */
  inside(element: Element, name: RegExp, seen: Set<Element> = new Set()): readonly Element[] {
    return this.within(element).flatMap(bean => {
      if (seen.has(bean) || classOf(bean).endsWith('.Server')) return []
      seen.add(bean)
      return [...(name.test(classOf(bean)) ? [bean] : []), ...this.inside(bean, name, seen)]
    })
  }

  #referred(id: string): readonly Element[] {
    const bean = this.#byId.get(id.trim())
    return bean === undefined ? [] : [bean]
  }

  /** The first of these properties that is there, placeholders filled. */
  text(bean: Element, ...names: readonly string[]): JettyText | null {
    const [first] = this.texts(bean, ...names)
    return first ?? null
  }

  texts(bean: Element, ...names: readonly string[]): readonly JettyText[] {
    for (const name of names) {
      const property = this.#property(bean, name)
      if (property === null) continue
      return [...propertyTexts(property)].flatMap(({ text, at }) => {
        const filled = this.fill(text, at)
        return filled === null ? [] : [{ text: filled, at }]
      })
    }
    return []
  }

  /** A file by its URL or path; a relative one starts where the broker does, as in Jetty, else beside the file that names it. */
  file({ text, at }: JettyText): string {
    if (/^(?:file|classpath\*?):/i.test(text)) return this.outer.resource(text, at.file)
    const direct = resolve(this.outer.cwd, text)
    return this.outer.sources.exists(direct) ? direct : this.outer.resource(text, at.file)
  }

  /** A list in one text, at commas, or in several. */
  list(bean: Element, ...names: readonly string[]): readonly string[] {
    return this.texts(bean, ...names).flatMap(({ text }) => parseList(text))
  }

  boolean(bean: Element, name: string, otherwise: boolean): boolean {
    const given = this.text(bean, name)
    if (given === null) return otherwise
    const parsed = parseBoolean(given.text)
    if ('value' in parsed) return parsed.value
    this.findings.error('CONFIG_VALUE', given.at, `${name} "${given.text}" is neither true nor false`)
    return otherwise
  }

  port(bean: Element): number | null {
    const given = this.text(bean, 'port')
    if (given === null) return null
    const parsed = parseInteger(given.text)
    if ('value' in parsed && parsed.value >= 0 && parsed.value <= 65_535) return parsed.value
    this.findings.error('CONFIG_VALUE', given.at, `port "${given.text}" is no port`, 'a port is 0 to 65535')
    return null
  }

  /** Null after a finding: it cannot be filled. */
  fill(raw: string, at: Position): string | null {
    const text = plainExpressions(this.#ofConsolePort(raw))
    if (/#\{/.test(text)) {
      this.findings.error('CONFIG_EXPRESSION', at, `the expression ${raw} is not read`, 'write the value itself')
      return null
    }
    const filled = this.#placeholders.fill(text)
    if ('text' in filled) return filled.text.trim()
    const why = 'missing' in filled ? `\${${filled.missing}} is not defined` : 'a placeholder cannot be filled'
    this.findings.error('CONFIG_PLACEHOLDER', at, why, 'define it with -Dname=value')
    return null
  }

  /**
   * The system properties jetty.host and jetty.port: of -D, else as the bean jettyPort sets them when it starts, which is
   * before a connector reads them (management W-02).
   */
  #ofConsolePort(raw: string): string {
    return raw.replace(/#\{\s*systemProperties\s*\[\s*'jetty\.(host|port)'\s*\]\s*\}/g, (_, name: 'host' | 'port') =>
      this.consolePort(name),
    )
  }

  consolePort(name: 'host' | 'port'): string {
    const [bean] = this.ofClass(/\.WebConsolePort$/)
    const own = bean === undefined ? null : this.text(bean, name)
    return this.outer.system[`jetty.${name}`] ?? own?.text ?? (name === 'host' ? '127.0.0.1' : '8161')
  }

  /** Spring takes `LoginModuleName` for `loginModuleName`. */
  #property(bean: Element, name: string): ReturnType<typeof beanProperty> {
    return beanProperty(bean, name) ?? beanProperty(bean, name.charAt(0).toUpperCase() + name.slice(1))
  }
}

/** Of `ref="…"` and of `<ref bean="…"/>` in it or its lists. */
function* references(element: Element): Generator<JettyText> {
  const names = element.local === 'ref' ? ['bean', 'local'] : ['ref']
  for (const name of names) {
    const found = attribute(element, name)
    if (found !== undefined) yield { text: found.value, at: found.at }
  }
  for (const child of element.children) if (child.local !== 'bean') yield* references(child)
}

export const classOf = (bean: Element): string => (textOf(bean, 'class') ?? '').trim()

export const placeOf = (bean: Element): Position => attribute(bean, 'class')?.at ?? bean.at
