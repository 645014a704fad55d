import { readFileSync } from 'node:fs'
import { sep } from 'node:path'
import { TandemError } from '../base/errors.ts'
import type { ErrorDetail, Position } from '../base/errors.ts'
import { failureOf } from './file.ts'
import type { SecurityHost } from './identity.ts'

const FLAGS = ['required', 'requisite', 'sufficient', 'optional'] as const
export type ControlFlag = (typeof FLAGS)[number]

/** One line of a realm: `class flag option="value" …;` */
export interface ModuleEntry {
  readonly className: string
  readonly flag: ControlFlag
  readonly options: ReadonlyMap<string, string>
  readonly at: Position
}

export type LoginConfig = ReadonlyMap<string, readonly ModuleEntry[]>

/** Reads a JAAS login configuration (SE-04). Throws AUTH_LOGIN_CONFIG with the place of what it cannot read. */
export function readLoginConfig(path: string, host: SecurityHost): LoginConfig {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new TandemError('AUTH_LOGIN_CONFIG', `the login configuration ${path} cannot be read: ${failureOf(error)}`, {
      hint: 'Set -Djava.security.auth.login.config=PATH, or put login.config beside activemq.xml.',
    })
  }
  return new Parser(path, text, host.properties).file()
}

interface Token {
  /** A quoted token can be a name or a value, never punctuation. */
  readonly kind: 'word' | 'quoted' | 'mark' | 'end'
  readonly text: string
  readonly at: Position
}

/**
 * The grammar of the JDK's own reader, with its oddities that matter: an unquoted word starts with a letter, so numbers
 * and paths need quotes; comments are C's; an empty realm counts as absent; `${name}` is replaced in values, `${{…}}` is not.
 *
 *   file  = { realm "{" { class flag { key "=" value } ";" } "}" ";" }
 */
class Parser {
  readonly #path: string
  readonly #text: string
  readonly #properties: Readonly<Record<string, string>>
  #offset = 0
  #token: Token

  constructor(path: string, text: string, properties: Readonly<Record<string, string>>) {
    this.#path = path
    this.#text = text
    this.#properties = properties
    this.#token = this.#next()
  }

  file(): LoginConfig {
    const config = new Map<string, readonly ModuleEntry[]>()
    while (this.#token.kind !== 'end') {
      const name = this.#take('the name of an entry')
      this.#mark('{')
      const modules: ModuleEntry[] = []
      while (!this.#sees('}')) modules.push(this.#module())
      this.#mark('}')
      this.#mark(';')
      if (config.has(name.text)) this.#fail(name.at, `there is more than one entry "${name.text}"`)
      if (modules.length > 0) config.set(name.text, modules)
    }
    return config
  }

  #module(): ModuleEntry {
    const { text: className, at } = this.#take('the class of a login module')
    const given = this.#take('required, requisite, sufficient or optional')
    const flag = FLAGS.find(each => each === given.text.toLowerCase())
    if (flag === undefined) this.#fail(given.at, `"${given.text}" is not one of ${FLAGS.join(', ')}`)
    const options = new Map<string, string>()
    while (!this.#sees(';')) {
      const key = this.#take('an option or ";"').text
      this.#mark('=')
      const value = this.#take(`the value of ${key}`)
      options.set(key, this.#expand(value))
    }
    this.#mark(';')
    return { className, flag, options, at }
  }

  #expand({ text, at }: Token): string {
    return text.replace(/\$\{(?:\{[^}]*\}\}|([^}]*)\})/g, (whole, name: string | undefined) => {
      if (name === undefined) return whole
      if (name === '/') return sep
      const value = Object.hasOwn(this.#properties, name) ? this.#properties[name] : undefined
      return value ?? this.#fail(at, `the system property "${name}" is not set`, `Start with -D${name}=VALUE.`)
    })
  }

  #sees(mark: string): boolean {
    return this.#token.kind === 'mark' && this.#token.text === mark
  }

  #mark(mark: string): void {
    if (!this.#sees(mark)) this.#fail(this.#token.at, `expected "${mark}", found ${found(this.#token)}`)
    this.#token = this.#next()
  }

  #take(what: string): Token {
    const token = this.#token
    if (token.kind !== 'word' && token.kind !== 'quoted') {
      this.#fail(token.at, `expected ${what}, found ${found(token)}`)
    }
    this.#token = this.#next()
    return token
  }

  #next(): Token {
    const space = /(?:\s|\/\/[^\r\n]*|\/\*[^]*?\*\/)*/y
    space.lastIndex = this.#offset
    this.#offset += space.exec(this.#text)?.[0].length ?? 0
    const at = this.#position()
    const rest = /([A-Za-z$_*\u00a0-\uffff][\w$.*\-\u00a0-\uffff]*)|"((?:[^"\\\r\n]|\\[^\r\n])*)"|([{}=;])/y
    rest.lastIndex = this.#offset
    const match = rest.exec(this.#text)
    if (match === null) {
      if (this.#offset === this.#text.length) return { kind: 'end', text: '', at }
      return this.#fail(at, 'this character cannot stand here', QUOTE_HINT)
    }
    this.#offset = rest.lastIndex
    const [, word, quoted, mark] = match
    if (word !== undefined) return { kind: 'word', text: word, at }
    if (quoted !== undefined) return { kind: 'quoted', text: unescape(quoted), at }
    return { kind: 'mark', text: mark ?? '', at }
  }

  #position(): Position {
    const before = this.#text.slice(0, this.#offset)
    const line = before.split('\n').length
    return { file: this.#path, line, column: this.#offset - before.lastIndexOf('\n') }
  }

  #fail(position: Position, message: string, hint?: string): never {
    const detail: ErrorDetail = hint === undefined ? { position } : { position, hint }
    throw new TandemError('AUTH_LOGIN_CONFIG', message, detail)
  }
}

const QUOTE_HINT = 'Numbers, paths and other special text stand in double quotes; comments are // and /* */.'

/** Any word may be a password of some module: only punctuation is repeated. */
const found = (token: Token): string =>
  token.kind === 'end'
    ? 'the end of the file'
    : token.kind === 'mark'
      ? `"${token.text}"`
      : `${token.kind === 'word' ? 'a word' : 'a quoted text'}`

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  a: '\u0007',
  v: '\u000b',
}

const unescape = (text: string): string =>
  text.replace(/\\([0-3][0-7]{0,2}|[4-7][0-7]?|.)/g, (_, code: string) =>
    /^[0-7]/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : (ESCAPES[code] ?? code),
  )
