import { attribute, propertyTexts, SPRING_BEANS, textOf } from './beans.ts'
import type { Attribute, Element } from '../xml/xml.ts'
import type { ElementWord, Vocabulary } from '../vocabulary/vocabulary.ts'

/**
 * A Spring bean whose class has an XML element is that element in another spelling (config 1.3): `<property>`, `p:name`,
 * `p:name-ref`, `c:name`, `<constructor-arg>` and `parent=` all become what the element would have held.
 */

/** Classes that are written as an element and are not the very class the schema names. */
const OTHER_CLASSES: Readonly<Record<string, string>> = {
  'org.apache.activemq.security.DefaultAuthorizationMap': 'authorizationMap',
  'org.apache.activemq.security.AuthorizationEntry': 'authorizationEntry',
}

/** Names of constructor arguments, in Java's order, for the classes that real files construct this way. */
const CONSTRUCTORS: Readonly<Record<string, readonly string[]>> = {
  authenticationUser: ['username', 'password', 'groups'],
  simpleAuthenticationPlugin: ['users'],
  authorizationPlugin: ['map'],
  authorizationMap: ['authorizationEntries'],
  queue: ['physicalName'],
  topic: ['physicalName'],
  connectionFactory: ['brokerURL'],
  masterConnector: ['remoteURI'],
}

const P = '/schema/p'
const C = '/schema/c'

export interface KnownBean {
  readonly name: string
  readonly word: ElementWord
  readonly element: Element
}

/** The bean as the element of its class; null when it has none, or is made by a factory, so that the class says nothing. */
export function knownBean(
  bean: Element,
  vocabulary: Vocabulary,
  find: (id: string) => Element | undefined,
): KnownBean | null {
  const whole = inherit(bean, find, 0)
  const className = (textOf(whole, 'class') ?? '').trim()
  const other = Object.hasOwn(OTHER_CLASSES, className) ? OTHER_CLASSES[className] : undefined
  const known = vocabulary.element(vocabulary.elementOfClass(className) ?? other ?? '')
  if (known === null || textOf(whole, 'factory-method') !== null || textOf(whole, 'factory-bean') !== null) return null
  const names = CONSTRUCTORS[known.name] ?? []
  const given = argumentsOf(whole, names)
  if (given === null) return null
  const attributes = whole.attributes.flatMap(one => asAttribute(one, names))
  const children = [...whole.children.filter(({ local }) => local !== 'constructor-arg'), ...given]
  return { ...known, element: { ...whole, local: known.name, attributes, children } }
}

/** What `parent=` brings comes first, so that the bean's own settings win. */
function inherit(bean: Element, find: (id: string) => Element | undefined, depth: number): Element {
  const parent = textOf(bean, 'parent')
  const above = parent === null || depth > 10 ? undefined : find(parent)
  if (above === undefined || above === bean) return bean
  const base = inherit(above, find, depth + 1)
  const short = bean.attributes.filter(({ uri }) => uri.endsWith(P)).map(({ local }) => local.replace(/-ref$/, ''))
  const own = new Set(bean.attributes.map(({ qname }) => qname))
  const named = new Set([...bean.children.flatMap(child => textOf(child, 'name') ?? []), ...short])
  const attributes = base.attributes.filter(
    ({ qname, uri, local }) =>
      !own.has(qname) &&
      !['id', 'name', 'abstract', 'parent'].includes(qname) &&
      !(uri.endsWith(P) && named.has(local.replace(/-ref$/, ''))),
  )
  const children = base.children.filter(child => !named.has(textOf(child, 'name') ?? ''))
  return { ...bean, attributes: [...attributes, ...bean.attributes], children: [...children, ...bean.children] }
}

/** `p:x="1"` and `c:x="1"` are attributes of the element; `-ref` makes a reference. Spring's own keep their meaning. */
function asAttribute(one: Attribute, names: readonly string[]): readonly Attribute[] {
  const constructor = one.uri.endsWith(C)
  if (!one.uri.endsWith(P) && !constructor) return one.uri === '' && one.local === 'id' ? [one] : []
  const reference = one.local.endsWith('-ref')
  const plain = reference ? one.local.slice(0, -4) : one.local
  const local = constructor && /^_\d+$/.test(plain) ? (names[Number(plain.slice(1))] ?? plain) : plain
  return [{ ...one, uri: '', local, value: reference ? `#${one.value}` : escaped(one.value) }]
}

/** A bean's text is never a reference, whatever it begins with. */
const escaped = (text: string): string => (text.startsWith('#') && !text.startsWith('#{') ? `#${text}` : text)

/** Constructor arguments as properties; null when one of them cannot be given a name. */
function argumentsOf(bean: Element, names: readonly string[]): readonly Element[] | null {
  const out: Element[] = []
  const given = bean.children.filter(({ local }) => local === 'constructor-arg')
  for (const [position, argument] of given.entries()) {
    const index = Number(textOf(argument, 'index') ?? position)
    const name = textOf(argument, 'name') ?? names[index]
    if (name === undefined) return null
    const at = attribute(argument, 'name') ?? attribute(argument, 'index')
    const key = { ...(at ?? blank(argument)), local: 'name', qname: 'name', uri: '', value: name }
    const rest = argument.attributes.filter(({ local }) => !['name', 'index', 'type'].includes(local))
    out.push({ ...argument, local: 'property', attributes: [key, ...rest] })
  }
  return out
}

const blank = ({ at, span }: Element): Attribute => ({
  uri: '',
  local: '',
  value: '',
  at,
  qname: '',
  span: { start: span.start, valueStart: span.start, valueEnd: span.start },
})

/** The one text of a `<property>`: its `value`, a lone `<value>`, or `#id` for `ref=`, `<ref>` and `<idref>`. */
export function propertyValue(property: Element): { readonly raw: string; readonly at: Attribute['at'] } | null {
  const value = attribute(property, 'value')
  if (value !== undefined) return { raw: escaped(value.value), at: value.at }
  const ref = attribute(property, 'ref')
  if (ref !== undefined) return { raw: `#${ref.value}`, at: ref.at }
  const [only, second] = property.children.filter(({ local }) => local !== 'description')
  if (only === undefined || second !== undefined) return null
  if (only.local === 'value') return { raw: escaped(only.text.trim()), at: only.at }
  if (only.local === 'null') return { raw: '#null', at: only.at }
  const target = referenceOf(only)
  return target === null ? null : { raw: `#${target}`, at: only.at }
}

/** `<ref bean= local= parent=>` */
export const referenceOf = (element: Element): string | null =>
  element.local === 'ref' || element.local === 'idref'
    ? (textOf(element, 'bean') ?? textOf(element, 'local') ?? textOf(element, 'parent') ?? '')
    : null

const UTIL = 'http://www.springframework.org/schema/util'

/** A list in any of Spring's spellings: its members count, not itself. */
export const isCollection = ({ uri, local }: Element, core: readonly string[]): boolean =>
  ['list', 'set', 'array'].includes(local) && (uri === UTIL || uri === SPRING_BEANS || uri === '' || core.includes(uri))

/** What a Java object is called in a message: its class, its factory, or its element. */
export function beanName(element: Element): string {
  const className = textOf(element, 'class')?.trim()
  const factory = textOf(element, 'factory-method')
  if (element.uri === UTIL) return `util:${element.local}`
  if (className === undefined) return element.local === 'bean' ? 'without a class' : `<${element.qname}>`
  if (className.endsWith('.MethodInvokingFactoryBean')) {
    const method = element.children.find(child => /^(?:staticMethod|targetMethod)$/.test(textOf(child, 'name') ?? ''))
    const called = method === undefined ? null : [...propertyTexts(method)][0]?.text
    return `the result of ${called ?? 'a method'}()`
  }
  return factory === null ? className : `${className}.${factory}()`
}
