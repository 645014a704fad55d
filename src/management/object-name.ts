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
