import type { Position } from '../base/errors.ts'
import type { Findings } from '../base/findings.ts'
import type { Origin } from './node.ts'

/** A text after its placeholders were filled, or why it could not be. */
export type Filled =
  | { readonly text: string; readonly used: boolean; readonly origins: readonly Origin[] }
  | { readonly missing: string }
  | { readonly circular: string }
  /** It would become larger, or nest deeper, than any setting does. */
  | { readonly excess: string }
  | { readonly locked: string; readonly reason: string }

/** One place to look a name up. A text that was encrypted in the file is decrypted only when it is needed. */
export interface Layer {
  /** What `explain` calls it: `-D`, `environment`, or the path of a file. */
  readonly from: string
  get(name: string): string | null
  /** Where one name came from, when not all came from the same. */
  origin?(name: string): string
}

/** Raised inside a look-up whose value is there but cannot be read: `ENC(…)` without a key. */
export class LockedValue extends Error {}

export interface PropertiesFile {
  readonly path: string
  readonly at: Position
  readonly found: boolean
  /** `ignoreResourceNotFound` */
  readonly optional: boolean
}

/** `${name}`, `${name:default}`, nested and recursive, in Spring's order of look-up (config 1.5). */
export class Placeholders {
  readonly #layers: readonly Layer[]
  readonly files: readonly PropertiesFile[]
  /** Is there a configurer bean? Without one ActiveMQ would have used `${…}` literally. */
  readonly configured: boolean
  readonly #keepUnresolved: boolean
  #missed = false

  constructor(
    layers: readonly Layer[],
    files: readonly PropertiesFile[],
    configured: boolean,
    keepUnresolved: boolean,
  ) {
    this.#layers = layers
    this.files = files
    this.configured = configured
    this.#keepUnresolved = keepUnresolved
  }

  fill(text: string): Filled {
    if (!text.includes('${')) return { text, used: false, origins: [] }
    const work: Work = { origins: [], steps: 0, chars: 0 }
    try {
      return { text: this.#expand(text, [], work, 0), used: true, origins: work.origins }
    } catch (thrown) {
      if (!(thrown instanceof Unfilled)) throw thrown
      if ('missing' in thrown.why) this.#missed = true
      return thrown.why
    }
  }

  lookup(name: string): { readonly value: string; readonly from: string } | null {
    for (const layer of this.#layers) {
      const value = layer.get(name)
      if (value !== null) return { value, from: layer.origin?.(name) ?? layer.from }
    }
    return null
  }

  /** A missing properties file stops nothing as long as no placeholder needs it; one that does names the file. */
  reportFiles(findings: Findings): void {
    if (this.#missed) return
    for (const { path, at, found, optional } of this.files) {
      if (found || optional) continue
      const message = `the properties file ${path} does not exist; nothing in this configuration needs it`
      findings.warn('CONFIG_PROPERTIES_FILE', at, message, 'ActiveMQ would not have started; create it or remove this')
    }
  }

  #expand(text: string, inside: readonly string[], work: Work, depth: number): string {
    if (depth > LIMITS.depth) throw new Unfilled({ excess: `nests more than ${LIMITS.depth} placeholders` })
    const out: string[] = []
    let from = 0
    for (;;) {
      const start = text.indexOf('${', from)
      const end = start < 0 ? -1 : closing(text, start + 2)
      if (end < 0) return out.join('') + text.slice(from)
      const expression = this.#expand(text.slice(start + 2, end), inside, work, depth + 1)
      const value = this.#value(expression, inside, work, depth + 1)
      work.chars += value.length
      if (++work.steps > LIMITS.steps || work.chars > LIMITS.chars)
        throw new Unfilled({
          excess: `expands to more than ${LIMITS.chars} characters or ${LIMITS.steps} placeholders`,
        })
      out.push(text.slice(from, start), value)
      from = end + 1
    }
  }

  #value(expression: string, inside: readonly string[], work: Work, depth: number): string {
    const colon = expression.indexOf(':')
    const names = colon < 0 ? [expression] : [expression, expression.slice(0, colon)]
    for (const name of names) {
      if (inside.includes(name)) throw new Unfilled({ circular: name })
      const found = this.#read(name)
      if (found === null) continue
      work.origins.push({ name, from: found.from })
      return this.#expand(found.value, [...inside, name], work, depth)
    }
    if (colon >= 0) {
      work.origins.push({ name: expression.slice(0, colon), from: 'default' })
      return expression.slice(colon + 1)
    }
    if (this.#keepUnresolved) return `\${${expression}}`
    throw new Unfilled({ missing: expression })
  }

  #read(name: string): { readonly value: string; readonly from: string } | null {
    try {
      return this.lookup(name)
    } catch (thrown) {
      if (thrown instanceof LockedValue) throw new Unfilled({ locked: name, reason: thrown.message })
      throw thrown
    }
  }
}

/** What one text may become; real ones stay far below. */
const LIMITS = { depth: 100, steps: 10_000, chars: 1_000_000 } as const

interface Work {
  readonly origins: Origin[]
  steps: number
  chars: number
}

class Unfilled extends Error {
  readonly why: Exclude<Filled, { readonly text: string }>
  constructor(why: Exclude<Filled, { readonly text: string }>) {
    super()
    this.why = why
  }
}

/** The `}` that closes what began before `from`; inner braces nest. */
function closing(text: string, from: number): number {
  let depth = 0
  for (let i = from; i < text.length; i++) {
    if (text[i] === '{') depth++
    else if (text[i] === '}' && depth-- === 0) return i
  }
  return -1
}

export const layerOf = (values: Readonly<Record<string, string | undefined>>, from: string): Layer => ({
  from,
  get: name => (Object.hasOwn(values, name) ? (values[name] ?? null) : null),
})

/** The system properties: those of -D, and ActiveMQ's directories wherever they come from. */
export const systemLayer = ({
  system,
  origin,
}: {
  readonly system: Readonly<Record<string, string>>
  origin(name: string): string
}): Layer => ({ ...layerOf(system, '-D'), origin })

/** The newer Spring classes also find `a.b` as the environment variable `A_B`. */
export const relaxedLayer = (values: Readonly<Record<string, string | undefined>>, from: string): Layer => {
  const exact = layerOf(values, from)
  return {
    from,
    get: name =>
      exact.get(name) ?? exact.get(name.replace(/[.-]/g, '_')) ?? exact.get(name.replace(/[.-]/g, '_').toUpperCase()),
  }
}

/** Do the trivial Spring expressions mean a placeholder? `#{systemProperties['x']}` reads as `${x}` (config 1.5). */
export const plainExpressions = (text: string): string =>
  text.replace(
    /#\{\s*(?:systemProperties|systemEnvironment)\s*\[\s*'([^']+)'\s*\]\s*\}/g,
    (_, name: string) => `\${${name}}`,
  )
