import { AdminError, destinationBean, destinationsOf, type NodeClient } from '../admin/admin.ts'
import { suggest } from '../base/suggest.ts'
import { globMatches, isGlob } from './glob.ts'
import type { Row, Value } from './rows.ts'

export type Kind = 'Queue' | 'Topic'

/** A destination as the node shows it. */
export interface Shown {
  /** Name of its bean, as the node wrote it. */
  readonly bean: string
  readonly kind: Kind
  readonly name: string
  readonly attributes: Readonly<Record<string, unknown>>
}

/** All of a kind, by name. */
export async function destinations(
  client: NodeClient,
  kind: Kind,
  attributes: readonly string[],
): Promise<readonly Shown[]> {
  const found = await client.readAll(destinationsOf(kind), ['Name', ...attributes])
  return [...found]
    .map(([bean, values]) => shown(bean, kind, values))
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

const shown = (bean: string, kind: Kind, attributes: Readonly<Record<string, unknown>>): Shown => ({
  bean,
  kind,
  name: String(attributes['Name']),
  attributes,
})

/** One by its name. Throws AdminError `unknown`, with the name that was probably meant. */
export async function destination(
  client: NodeClient,
  kind: Kind,
  name: string,
  attributes: readonly string[] = [],
): Promise<Shown> {
  const found = await client.readAll(destinationBean(null, kind, name), ['Name', ...attributes])
  for (const [bean, values] of found) if (values['Name'] === name) return shown(bean, kind, values)
  const others = await destinations(client, kind, [])
  throw noSuch(
    client,
    kind,
    name,
    others.map(other => other.name),
  )
}

function noSuch(client: NodeClient, kind: Kind, name: string, others: readonly string[]): AdminError {
  const word = kind.toLowerCase()
  const meant = suggest(name, others)
  const hint = meant === null ? `tandemmq ${word}s list` : `did you mean "${meant}"? "tandemmq ${word}s list" shows all`
  return new AdminError('unknown', `${word} "${name}" does not exist at ${client.url}`, { hint })
}

/** Those that names and patterns mean, each once. A pattern may match none; a name must exist. */
export async function meant(
  client: NodeClient,
  kind: Kind,
  words: readonly string[],
  attributes: readonly string[],
): Promise<readonly Shown[]> {
  const all = words.some(isGlob) ? await destinations(client, kind, attributes) : []
  const found = new Map<string, Shown>()
  for (const word of words) {
    const some = isGlob(word)
      ? all.filter(({ name }) => globMatches(word, name))
      : [await destination(client, kind, word, attributes)]
    for (const one of some) found.set(one.bean, one)
  }
  return [...found.values()]
}

/** An attribute as a cell. */
export function valueOfAttribute(attributes: Readonly<Record<string, unknown>>, name: string): Value {
  const value = attributes[name]
  if (value === undefined || value === null) return null
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : JSON.stringify(value)
}

/** Attributes under the keys that our answers have. */
export const rowOf = (attributes: Readonly<Record<string, unknown>>, names: Readonly<Record<string, string>>): Row =>
  Object.fromEntries(Object.entries(names).map(([key, name]) => [key, valueOfAttribute(attributes, name)]))
