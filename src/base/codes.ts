/**
 * The error catalogue: every code TandemMQ reports, what it means, and what to do next.
 * A test holds it against the sources in both directions: no code without a place that reports it, none undocumented.
 */
export const CODES = {
  // configuration: findings of the loader (class WARN, REFUSE or ERROR)
  CONFIG_NOT_FOUND: 'The configuration file does not exist or cannot be read. Check the path after xbean:file:.',
} as const satisfies Record<string, string>

export type Code = keyof typeof CODES
