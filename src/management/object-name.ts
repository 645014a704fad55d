/** `domain:key=value,…`. Keys in the order in which they were registered or sent; both forms are one name. */
export interface ObjectName {
  readonly domain: string
  readonly keys: ReadonlyMap<string, string>
  /** Ends with `,*`, or is `*` alone: further keys are allowed. */
  readonly open: boolean
  /** Keys sorted by code point; what names are compared by. */
  readonly canonical: string
  /** In the order of `keys`. */
  readonly text: string
}

/** A text that is no name; the message is what Jolokia appends to `Invalid object name. `. */
export class BadName extends Error {}

/** A name made of parts that are encoded already (management ON-11). */
export function objectName(domain: string, pairs: readonly (readonly [string, string])[], open = false): ObjectName {
  const keys = new Map(pairs)
  const texts = [...keys].map(([key, value]) => `${key}=${value}`)
  const tail = open ? ['*'] : []
  const sorted = [...texts].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  return {
    domain,
    keys,
    open,
    canonical: `${domain}:${[...sorted, ...tail].join(',')}`,
    text: `${domain}:${[...texts, ...tail].join(',')}`,
  }
}

const keyOf = (pair: string): string => pair.slice(0, pair.indexOf('='))

/** Reads a name or a pattern. Throws BadName. Quoted values (`"a,b"`) keep their quotes, as in JMX. */
export function parseObjectName(text: string): ObjectName {
  const colon = text.indexOf(':')
  if (colon < 0) throw new BadName('Domain part must be specified')
  const domain = text.slice(0, colon)
  const rest = text.slice(colon + 1)
  if (rest === '') throw new BadName('Key properties cannot be empty')
  const pairs: (readonly [string, string])[] = []
  const keys = new Set<string>()
  let open = false
  for (const part of splitProperties(rest)) {
    if (part === '*') {
      if (open) throw new BadName('Cannot have several wildcards')
      open = true
      continue
    }
    const equals = part.indexOf('=')
    if (equals < 0) throw new BadName(`Unterminated key property part`)
    const [key, value] = [part.slice(0, equals), part.slice(equals + 1)]
    if (key === '') throw new BadName('Invalid key (empty)')
    if (/[*?,:]/.test(key)) throw new BadName(`Invalid character in key part of property: ${key}`)
    if (!/^"(?:[^"\\]|\\.)*"$/.test(value) && /[=:"]/.test(value))
      throw new BadName(`Invalid character in value part of property: ${key}`)
    if (keys.has(key)) throw new BadName(`key \`${key}' already defined`)
    keys.add(key)
    pairs.push([key, value])
  }
  return objectName(domain, pairs, open)
}

/** At commas, those between quotes apart. */
function splitProperties(text: string): string[] {
  if (!text.includes('"')) return text.split(',')
  const parts: string[] = []
  let from = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '\\' && quoted) at++
    else if (char === '"') quoted = !quoted
    else if (char === ',' && !quoted) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  parts.push(text.slice(from))
  return parts
}
