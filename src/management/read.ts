import type { Log } from '../base/log.ts'
import { accessTo, type AccessPolicy } from './access.ts'
import { BeanError, type Bean } from './bean.ts'
import { failureOf, failureValue, forbidden } from './failure.ts'
import { jsonText } from './json.ts'
import type { ProcessingOptions } from './options.ts'
import { inside, Renderer } from './render.ts'
import { shown, type JolokiaRequest } from './request.ts'

export interface Reading {
  readonly options: ProcessingOptions
  readonly policy: AccessPolicy
  readonly log: Log
}

type ReadRequest = JolokiaRequest & { readonly type: 'read' }

/** One bean: the bare value of one attribute, or a map of several (management JR-02 to JR-05). */
export function readOne(bean: Bean, { attributes, bare, path }: ReadRequest, reading: Reading): string {
  const [only] = attributes ?? []
  const value =
    bare && only !== undefined
      ? readAttribute(bean, only, mayRead(bean, reading))
      : readAll(bean, attributes ?? [...bean.kind.attributes.keys()], reading)
  return jsonText(new Renderer(reading.options).render(inside(value, path)))
}

/** A bean after the other, each with those of the attributes that it has (management JR-06). */
export function* readMany(beans: Iterable<Bean>, request: ReadRequest, reading: Reading): Iterable<string> {
  const { attributes, path, name } = request
  const { options } = reading
  const renderer = new Renderer(options)
  const [first, ...inner] = path
  let found = false
  let separator = '{'
  for (const bean of beans) {
    found = true
    const key = shown(bean.name, options.canonicalNaming)
    if (first !== undefined && first !== null && first !== key) {
      yield ''
      continue
    }
    const names = (attributes ?? [...bean.kind.attributes.keys()]).filter(one => bean.kind.attributes.has(one))
    if (names.length === 0) {
      yield '' // none of ten thousand may have it: a place to pause all the same
      continue
    }
    const values = inside(readAll(bean, names, reading), inner)
    yield `${separator}${JSON.stringify(key)}:${jsonText(renderer.render(values, 1))}`
    separator = ','
  }
  if (!found) {
    const message = `No MBean with pattern ${name.text} found for reading attributes`
    throw new BeanError('javax.management.InstanceNotFoundException', message, 404)
  }
  if (separator === '{') {
    const message = `No matching attributes [${(attributes ?? []).join(', ')}] found on MBeans`
    throw new BeanError('java.lang.IllegalArgumentException', message, 400)
  }
  yield '}'
}

function readAll(bean: Bean, names: readonly string[], reading: Reading): Map<string, unknown> {
  const may = mayRead(bean, reading)
  const values = new Map<string, unknown>()
  for (const name of names)
    try {
      values.set(name, readAttribute(bean, name, may))
    } catch (thrown) {
      if (!reading.options.ignoreErrors) throw thrown
      values.set(name, failureValue(failureOf(thrown, reading.log)))
    }
  return values
}

const mayRead = (bean: Bean, { policy }: Reading): ((attribute: string) => boolean) =>
  accessTo(policy, 'read', bean.name)

function readAttribute(bean: Bean, name: string, may: (attribute: string) => boolean): unknown {
  if (!may(name)) throw forbidden(`Reading attribute ${name} is forbidden for MBean ${bean.name.canonical}`)
  const attribute = bean.kind.attributes.get(name)
  if (attribute === undefined) throw noAttribute(`No such attribute: ${name}`)
  return attribute.read(bean.target)
}

export const noAttribute = (message: string): BeanError =>
  new BeanError('javax.management.AttributeNotFoundException', message, 404)
