import { ByteText } from './byte-text.ts'

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

/** What has a label of its own, as bytes: it is written once for each family. */
export interface Labelled {
  readonly labelled: Uint8Array
}

const LINE_FEED = 10

/** The text of one scrape: families in the order in which they are written, each told once. */
export class MetricsText {
  readonly format: MetricsFormat
  readonly #families: ReadonlySet<string>
  readonly #text = new ByteText()
  /** The family is wanted. */
  #shown = true

  /** `families`: those that are wanted; none: all. */
  constructor(format: MetricsFormat, families: ReadonlySet<string> = new Set<string>()) {
    this.format = format
    this.#families = families
  }

  /**
   * Begins a family; false: it is not wanted. `name` is that of its samples: a counter's ends with `_total`, which
   * OpenMetrics leaves out of the family's name. What is named like a counter and is none must be untyped there (M-06).
   */
  family(name: string, type: MetricType, help: string): boolean {
    this.#shown = this.#families.size === 0 || this.#families.has(name)
    if (!this.#shown) return false
    const family = this.format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name
    const shown = this.format === 'openmetrics' && type === 'untyped' ? 'unknown' : type
    const told = [`# HELP ${family} ${escapeHelp(help)}\n`, `# TYPE ${family} ${shown}\n`]
    // OpenMetrics wants the type first.
    if (this.format === 'openmetrics') told.reverse()
    for (const line of told) this.#text.text(line)
    return true
  }

  /** `labelled`: what `labels` made. */
  sample(name: string, labelled: string, value: number): void {
    if (!this.#shown) return
    this.#text.text(`${name}${labelled} `)
    this.#end(value)
  }

  /** A sample of each row. */
  samples<R extends Labelled>(name: string, rows: readonly R[], valueOf: (row: R) => number): void {
    if (!this.#shown) return
    const bytes = Buffer.from(name)
    for (const row of rows) {
      this.#text.bytes(bytes)
      this.#text.bytes(row.labelled)
      this.#end(valueOf(row))
    }
  }

  one(name: string, type: MetricType, help: string, value: number): void {
    this.family(name, type, help)
    this.sample(name, '', value)
  }

  done(): Buffer {
    if (this.format === 'openmetrics') this.#text.text('# EOF\n')
    return this.#text.done()
  }

  #end(value: number): void {
    this.#text.number(value)
    this.#text.byte(LINE_FEED)
  }
}

const escapeHelp = (text: string): string => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
