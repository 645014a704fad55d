/** Prometheus' text format 0.0.4, or OpenMetrics 1.0.0. */
export type MetricsFormat = 'prometheus' | 'openmetrics'
export type MetricType = 'counter' | 'gauge' | 'untyped' | 'histogram'

export const CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/** Label names and values as they stand between braces; '' for none. */
export function labels(pairs: Readonly<Record<string, string>>): string {
  const all = Object.entries(pairs)
  return all.length === 0 ? '' : `{${all.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(',')}}`
}

const escapeLabel = (value: string): string =>
  /[\\"\n]/.test(value) ? value.replace(/[\\"\n]/g, char => (char === '\n' ? '\\n' : `\\${char}`)) : value

/** One piece of text for a scrape: families in the order in which they are written, each told once. */
export class MetricsText {
  readonly format: MetricsFormat
  readonly #families: ReadonlySet<string>
  readonly #lines: string[] = []
  /** The family is wanted. */
  #shown = true

  /** `families`: those that are wanted; none: all. */
  constructor(format: MetricsFormat, families: ReadonlySet<string> = new Set<string>()) {
    this.format = format
    this.#families = families
  }

  /**
   * Begins a family. `name` is that of its samples: a counter's ends with `_total`, which OpenMetrics leaves out of the
   * family's name. What is named like a counter and is none must be untyped there (management M-06).
   */
  family(name: string, type: MetricType, help: string): void {
    this.#shown = this.#families.size === 0 || this.#families.has(name)
    if (!this.#shown) return
    const family = this.format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name
    const shown = this.format === 'openmetrics' && type === 'untyped' ? 'unknown' : type
    if (this.format === 'prometheus')
      this.#lines.push(`# HELP ${family} ${escapeHelp(help)}`, `# TYPE ${family} ${shown}`)
    // OpenMetrics wants the type first.
    else this.#lines.push(`# TYPE ${family} ${shown}`, `# HELP ${family} ${escapeHelp(help)}`)
  }

  /** `labelled`: what `labels` made. */
  sample(name: string, labelled: string, value: number): void {
    if (this.#shown) this.#lines.push(`${name}${labelled} ${value}`)
  }

  one(name: string, type: MetricType, help: string, value: number): void {
    this.family(name, type, help)
    this.sample(name, '', value)
  }

  toString(): string {
    const end = this.format === 'openmetrics' ? ['# EOF', ''] : ['']
    return [...this.#lines, ...end].join('\n')
  }
}

const escapeHelp = (text: string): string => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
