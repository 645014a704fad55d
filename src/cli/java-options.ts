/** What ActiveMQ's start script hands to Java, in its order; a later -D wins (management CE-02). */
const VARIABLES = [
  'ACTIVEMQ_OPTS_MEMORY',
  'ACTIVEMQ_SSL_OPTS',
  'ACTIVEMQ_SUNJMX_START',
  'ACTIVEMQ_DEBUG_OPTS',
  'ACTIVEMQ_OPTS',
] as const

/** What there is in a set of Java options for a program that is not Java. */
export interface JavaOptions {
  /** `-Dname=value`. */
  readonly properties: Readonly<Record<string, string>>
  /** `-Xmx`: what `percentOfJvmHeap` is a share of. Bytes; null: not given. */
  readonly heapBytes: number | null
  /** Options without a meaning here, and the variables they stand in. */
  readonly ignored: readonly string[]
}

/** Reads ACTIVEMQ_OPTS and its kin, so that an existing environment file works as it is. */
export function javaOptions(env: Readonly<Record<string, string | undefined>>): JavaOptions {
  const properties: Record<string, string> = {}
  const ignored: string[] = []
  let heapBytes: number | null = null
  for (const variable of VARIABLES) {
    for (const option of words(env[variable] ?? '')) {
      const property = /^-D([^=]+)=?(.*)$/s.exec(option)
      const heap = /^-Xmx(\d{1,6})([kmgt]?)$/i.exec(option)
      if (property !== null) properties[property[1] ?? ''] = property[2] ?? ''
      else if (heap !== null) heapBytes = Number(heap[1]) * (UNITS[(heap[2] ?? '').toLowerCase()] ?? 1)
      // -Xms says how much Java takes at once; whoever set only that misses nothing.
      else if (!option.startsWith('-Xms')) ignored.push(`${option} (${variable})`)
    }
  }
  return { properties, heapBytes, ignored }
}

const UNITS: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** Split as a shell does: at blanks, except in quotes. */
const words = (text: string): readonly string[] =>
  [...text.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replaceAll(/["']/g, ''))
