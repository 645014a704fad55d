import { parseArgs } from 'node:util'
import { suggest } from '../base/suggest.ts'

/** What a verb understands, by long name: `--json`, `--to VALUE`. */
export type Options = Readonly<Record<string, { readonly type: 'boolean' | 'string'; readonly short?: string }>>

export interface Arguments {
  readonly flags: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string>
  /** Every value of an option that was given more than once, in order. */
  readonly lists: ReadonlyMap<string, readonly string[]>
  /** What is no option, in order. */
  readonly rest: readonly string[]
  /** The `-Dname=value` settings. */
  readonly properties: Readonly<Record<string, string>>
}

/** A call that cannot be understood; the verb answers it with its help and exit code 2. */
export class UsageError extends Error {}

/**
 * Reads a verb's arguments: `--name value` and `--name=value`, flags anywhere, `-Dname=value`, `--` ends options
 * (management TU-09). Throws UsageError, with the name that was probably meant.
 */
export function readArguments(args: readonly string[], options: Options): Arguments {
  const properties: Record<string, string> = {}
  const plain: string[] = []
  const ends = args.indexOf('--')
  for (const [index, arg] of args.entries()) {
    const property = (ends < 0 || index < ends) && arg.startsWith('-D')
    const equals = arg.indexOf('=')
    if (!property) plain.push(arg)
    else if (equals < 3) throw new UsageError(`${arg}: write -Dname=value`)
    else properties[arg.slice(2, equals)] = arg.slice(equals + 1)
  }
  const { tokens } = parseArgs({
    args: plain,
    options: { ...options },
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const flags = new Set<string>()
  const values = new Map<string, string>()
  const lists = new Map<string, string[]>()
  const rest: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') rest.push(token.value)
    if (token.kind !== 'option') continue
    const word = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (word === undefined) throw new UsageError(unknown(token.rawName, options))
    if (word.type === 'string') {
      if (token.value === undefined) throw new UsageError(`${token.rawName} needs a value`)
      values.set(token.name, token.value)
      lists.set(token.name, [...(lists.get(token.name) ?? []), token.value])
    } else if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`)
    else flags.add(token.name)
  }
  return { flags, values, lists, rest, properties }
}

function unknown(given: string, options: Options): string {
  const names = [...Object.keys(options), 'help'].map(name => `--${name}`)
  const meant = suggest(given, names)
  return `unknown option ${given}${meant === null ? '' : `; did you mean ${meant}?`}`
}

/** What is wrong with the first word behind `pair`, `store` or `salvage`. */
export function unknownAction(given: string | undefined, actions: readonly string[]): string {
  if (given === undefined || given.startsWith('-')) return `say what: ${actions.join(', ')}`
  const meant = suggest(given, actions)
  return `unknown action "${given}"${meant === null ? '' : `; did you mean "${meant}"?`}`
}
