import { durationMs } from './duration.ts'
import { UsageError, readArguments, type Arguments, type Options } from './arguments.ts'

/** An option of ActiveMQ's `producer` and `consumer`: a word with a value, or a switch that may have one. */
export type JmsOptions = Readonly<Record<string, 'value' | 'switch' | 'flag'>>

/** `messageCount` is `message-count` too (management TU-09). */
const kebab = (name: string): string => name.replace(/[A-Z]+/g, letters => `-${letters.toLowerCase()}`)

/**
 * Reads arguments as ActiveMQ's tools take them: `--messageCount 5`, `--persistent` or `--persistent false`; and in our own form,
 * `--message-count=5`. A `flag` never has a value. Throws UsageError.
 */
export function readJmsArguments(args: readonly string[], jms: JmsOptions, others: Options): Arguments {
  const names = new Map(Object.keys(jms).flatMap(name => [[name, name] as const, [kebab(name), name] as const]))
  const plain: string[] = []
  for (const [index, arg] of args.entries()) {
    const [, given = '', value] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? []
    const name = names.get(given)
    if (name === undefined) plain.push(arg)
    else if (jms[name] === 'switch' && value === undefined) {
      const next = args[index + 1]
      plain.push(next === 'true' || next === 'false' ? `--${name}` : `--${name}=true`)
    } else plain.push(value === undefined ? `--${name}` : `--${name}=${value}`)
  }
  const options = Object.entries(jms).map(
    ([name, kind]) => [name, { type: kind === 'flag' ? 'boolean' : 'string' }] as const,
  )
  return readArguments(plain, { ...Object.fromEntries(options), ...others })
}

/** A whole number from `least` on; the default when the option is absent. Throws UsageError. */
export function wholeNumber({ values }: Arguments, name: string, otherwise: number, least = 0): number {
  const given = values.get(name)
  if (given === undefined) return otherwise
  if (!/^\d{1,15}$/.test(given) || Number(given) < least)
    throw new UsageError(`--${name} ${given}: a whole number from ${least} on`)
  return Number(given)
}

export function isOn({ values }: Arguments, name: string, otherwise: boolean): boolean {
  const given = values.get(name)
  if (given === undefined) return otherwise
  if (given !== 'true' && given !== 'false') throw new UsageError(`--${name} ${given}: true or false`)
  return given === 'true'
}

/** Seconds, or like 500ms, 30s, 5m; in ms. Throws UsageError. */
export function duration({ values }: Arguments, name: string, otherwise: number): number {
  const given = values.get(name)
  return given === undefined ? otherwise : durationMs(`--${name}`, given)
}
