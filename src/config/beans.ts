import type { Attribute, Element } from '../xml/xml.ts'

export { isSpring, SPRING_BEANS } from '../vocabulary/vocabulary.ts'

const SPRING_CONTEXT = 'http://www.springframework.org/schema/context'

export const isContextElement = (element: Element): boolean => element.uri === SPRING_CONTEXT

/** An attribute without a prefix. */
export const attribute = (element: Element, local: string): Attribute | undefined =>
  element.attributes.find(candidate => candidate.uri === '' && candidate.local === local)

export const textOf = (element: Element, local: string): string | null => attribute(element, local)?.value ?? null

/** `<property name=…>` of a bean, or the attribute `p:name` as one. */
export function beanProperty(bean: Element, name: string): Element | Attribute | null {
  const child = bean.children.find(({ local, attributes }) =>
    local === 'property' ? attributes.some(a => a.local === 'name' && a.value === name) : false,
  )
  if (child !== undefined) return child
  return bean.attributes.find(({ uri, local }) => uri.endsWith('/schema/p') && local === name) ?? null
}

/** Every text inside a property: its `value` attribute, `<value>` children, lists of them. */
export function* propertyTexts(
  property: Element | Attribute | null,
): Generator<{ readonly text: string; readonly at: Attribute['at'] }> {
  if (property === null) return
  if ('value' in property) {
    yield { text: property.value, at: property.at }
    return
  }
  const value = attribute(property, 'value')
  if (value !== undefined) yield { text: value.value, at: value.at }
  for (const child of property.children) {
    if (child.local === 'value') yield { text: child.text.trim(), at: child.at }
    else yield* propertyTexts(child)
  }
}

export const propertyText = (bean: Element, name: string): string | null =>
  propertyTexts(beanProperty(bean, name)).next().value?.text ?? null

/** Every element below and including one, in document order. */
export function* descendants(element: Element): Generator<Element> {
  yield element
  for (const child of element.children) yield* descendants(child)
}
