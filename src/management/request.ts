import { BeanError } from './bean.ts'
import { fromParsed, parseJson, type JsonValue } from './json.ts'
import { BadName, parseObjectName, type ObjectName } from './object-name.ts'

/** One thing that Jolokia is asked for. A null part of a path stands for every member. */
export type JolokiaRequest = Asked &
  (
    | { readonly type: 'version' }
    | { readonly type: 'list'; readonly path: readonly (string | null)[] }
    | (Named & { readonly type: 'search' })
    | (Named & {
        readonly type: 'read'
        /** Null: all of them. */
        readonly attributes: readonly string[] | null
        /** One attribute, named as a text: its bare value is the answer (management JR-02, JR-04). */
        readonly bare: boolean
        readonly path: readonly (string | null)[]
      })
    | (Named & { readonly type: 'write'; readonly attribute: string; readonly value: unknown })
    | (Named & { readonly type: 'exec'; readonly operation: string; readonly args: readonly unknown[] | null })
  )

interface Asked {
  /** Query string and `config`, the latter first (management 1.4). */
  readonly parameters: ReadonlyMap<string, string>
}

interface Named {
  readonly name: ObjectName
  /** As it was written, for `InstanceNotFoundException` (management JE-05). */
  readonly sent: string
}

export type RequestType = JolokiaRequest['type']

/**
 * What a name may be long, in characters, and how many parts and attributes one request may name: far more than any client
 * asks for, and little enough that no request is work for long (a destination's name has at most some thousands).
 */
const NAME_MAX = 65_536
const MEMBER_MAX = 1000
const PARTS_MAX = 100
const ATTRIBUTES_MAX = 1000

/** The request of a GET: a path without its base, still percent-encoded. Throws a BeanError (management JE-11). */
export function requestOfPath(encoded: string, parameters: ReadonlyMap<string, string>): JolokiaRequest {
  const path = decode(/^\/*$/.test(encoded) ? (parameters.get('p') ?? '') : encoded, /^\/*$/.test(encoded))
  const parts = splitPath(path)
  const next = (): string => {
    const part = parts.shift()
    if (part === undefined) throw bad(`Invalid arguments in pathinfo ${clip(path)} for command ${type.toUpperCase()}`)
    return part
  }
  const type = typeOf(parts.shift() ?? 'version')
  switch (type) {
    case 'version':
      return { type, parameters }
    case 'list':
      return { type, parameters, path: wild(parts) }
    case 'search':
      return { type, parameters, ...named(next()) }
    case 'read': {
      const of = named(next())
      const attributes = attributesOf(parts.shift())
      return { type, parameters, ...of, ...attributes, path: wild(parts) }
    }
    case 'write': {
      const of = named(next())
      const [attribute, value] = [next(), special(next())]
      if (parts.length > 0) throw bad('A value inside an attribute cannot be written')
      return { type, parameters, ...of, attribute, value }
    }
    case 'exec': {
      const of = named(next())
      const operation = member(next())
      return { type, parameters, ...of, operation, args: parts.length === 0 ? null : parts.map(special) }
    }
  }
}

/** The elements of a POST's body, and whether it was a list of them. Throws a BeanError (management JE-11). */
export function elementsOfBody(body: string): { readonly bulk: boolean; readonly elements: readonly unknown[] } {
  const parsed = parseJson(body)
  if (parsed === null || typeof parsed.value !== 'object' || parsed.value === null)
    throw bad('Invalid JSON request: neither an object nor a list')
  return Array.isArray(parsed.value)
    ? { bulk: true, elements: parsed.value as unknown[] }
    : { bulk: false, elements: [parsed.value] }
}

/** One element of a POST. Throws a BeanError (management JE-11). */
export function requestOfObject(element: unknown, query: ReadonlyMap<string, string>): JolokiaRequest {
  if (typeof element !== 'object' || element === null || Array.isArray(element))
    throw bad('Not a request within the list of requests')
  const members = new Map<string, unknown>(Object.entries(element))
  if (members.has('target')) throw bad('Requests for another agent (target) are not served')
  const parameters = new Map([...query, ...texts(members.get('config'))])
  const given = members.get('type')
  if (typeof given !== 'string') throw bad('No type given')
  const type = typeOf(given)
  const path = pathOf(members.get('path'))
  switch (type) {
    case 'version':
      return { type, parameters }
    case 'list':
      return { type, parameters, path }
    case 'search':
      return { type, parameters, ...named(members.get('mbean')) }
    case 'read':
      return { type, parameters, ...named(members.get('mbean')), ...attributesOf(members.get('attribute')), path }
    case 'write': {
      const attribute = members.get('attribute')
      if (typeof attribute !== 'string') throw bad('No attribute given to write')
      if (path.length > 0) throw bad('A value inside an attribute cannot be written')
      return { type, parameters, ...named(members.get('mbean')), attribute, value: members.get('value') ?? null }
    }
    case 'exec': {
      const operation = members.get('operation')
      const of = named(members.get('mbean'))
      if (typeof operation !== 'string') throw bad(`No operation given for exec Request on MBean ${of.name.text}`)
      member(operation)
      const args = members.get('arguments') ?? null
      if (args !== null && !Array.isArray(args)) throw bad('"arguments" is a list')
      return { type, parameters, ...of, operation, args }
    }
  }
}

const TYPES: ReadonlySet<string> = new Set(['version', 'list', 'search', 'read', 'write', 'exec'])

function typeOf(text: string): RequestType {
  const type = text.toLowerCase()
  if (!TYPES.has(type)) throw bad(`No type with name '${clip(text)}' exists`)
  return type as RequestType
}

function named(sent: unknown): Named {
  if (typeof sent !== 'string') throw bad('Objectname can not be null')
  if (sent.length > NAME_MAX) throw bad(`Invalid object name. It has more than ${NAME_MAX} characters`)
  try {
    return { name: parseObjectName(sent), sent }
  } catch (thrown) {
    if (thrown instanceof BadName) throw bad(`Invalid object name. ${thrown.message}`)
    throw thrown
  }
}

/** A text may name several, at commas; `[null]` and nothing stand for all. */
function attributesOf(given: unknown): { readonly attributes: readonly string[] | null; readonly bare: boolean } {
  if (given === undefined || given === null || given === '') return { attributes: null, bare: false }
  if (Array.isArray(given)) {
    const names = given.filter(name => typeof name === 'string')
    if (names.length < given.length && !(given.length === 1 && given[0] === null))
      throw bad('"attribute" is a text or a list of texts')
    return { attributes: names.length === 0 ? null : few(names), bare: false }
  }
  if (typeof given !== 'string') throw bad('"attribute" is a text or a list of texts')
  const names = few(given.split(','))
  return { attributes: names, bare: names.length === 1 }
}

function few(names: readonly string[]): readonly string[] {
  if (names.length > ATTRIBUTES_MAX) throw bad(`More than ${ATTRIBUTES_MAX} attributes in one request`)
  return names
}

function member(name: string): string {
  if (name.length > MEMBER_MAX) throw bad(`The name of an operation has more than ${MEMBER_MAX} characters`)
  return name
}

function pathOf(given: unknown): readonly (string | null)[] {
  if (given === undefined || given === null || given === '' || given === '/') return []
  if (typeof given === 'string') return wild(splitPath(given))
  if (Array.isArray(given) && given.every(part => typeof part === 'string')) return wild(given)
  throw bad('"path" is a text')
}

function wild(parts: readonly string[]): readonly (string | null)[] {
  if (parts.length > PARTS_MAX) throw bad(`A path has more than ${PARTS_MAX} parts`)
  return parts.map(part => (part === '*' ? null : part))
}

function texts(config: unknown): [string, string][] {
  if (typeof config !== 'object' || config === null) return []
  return Object.entries(config).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : String(JSON.stringify(value)),
  ])
}

/** Only the argument of a GET can mean null or nothing with these texts (management J-11). */
const special = (text: string): string | null => (text === '[null]' ? null : text === '""' ? '' : text)

/** `p` of the query string has been decoded already. */
function decode(path: string, decoded: boolean): string {
  if (decoded) return path
  try {
    return decodeURIComponent(path)
  } catch {
    throw bad('Invalid arguments in pathinfo: it is not percent-encoded UTF-8')
  }
}

/** At slashes; `!` makes the next character plain (management J-10). Slashes around the path mean nothing. */
export function splitPath(path: string): string[] {
  const parts: string[] = []
  let part = ''
  const text = path.replace(/^\/+/, '')
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === '!' && at + 1 < text.length) part += text.charAt(++at)
    else if (char === '/') {
      parts.push(part)
      part = ''
    } else part += char
  }
  if (part !== '') parts.push(part)
  return parts
}

const joinPath = (parts: readonly (string | null)[]): string =>
  parts.map(part => (part ?? '*').replaceAll('!', '!!').replaceAll('/', '!/')).join('/')

/** The request as the answer repeats it, its keys in the order of Jolokia 1.x (management JR-02, JR-07, J-12). */
export function echo(request: JolokiaRequest, canonical: boolean): JsonValue {
  const { type } = request
  const members = new Map<string, JsonValue>()
  if ('path' in request && request.path.length > 0) members.set('path', joinPath(request.path))
  if ('name' in request) members.set('mbean', shown(request.name, canonical))
  if (type === 'exec' && request.args !== null) members.set('arguments', fromParsed(request.args))
  if (type === 'read' && request.attributes !== null)
    members.set('attribute', request.attributes.length === 1 ? (request.attributes[0] ?? '') : request.attributes)
  if (type === 'write') members.set('attribute', request.attribute)
  members.set('type', type)
  if (type === 'write') members.set('value', fromParsed(request.value))
  if (type === 'exec') members.set('operation', request.operation)
  return members
}

/** A pattern keeps its own order unless the canonical one is wanted, as any name (management JP-02). */
export const shown = (name: ObjectName, canonical: boolean): string => (canonical ? name.canonical : name.text)

const clip = (text: string): string => text.slice(0, 100)

const bad = (message: string): BeanError => new BeanError('java.lang.IllegalArgumentException', message, 400)
