/** Every code TandemMQ reports. The compiler holds the union and the catalogue together. */
export type Code =
  // configuration
  'CONFIG_NOT_FOUND'

/**
 * The error catalogue: what each code means and what to do next, for `explain` and for whoever reads a log.
 * A test walks it against the sources: no code without a place that reports it.
 */
export const CODES: Readonly<Record<Code, string>> = {
  CONFIG_NOT_FOUND: 'The configuration file does not exist or cannot be read. Check the path after xbean:file:.',
}
