import type { Judgement } from './words.ts'

export interface SchemeWord extends Judgement {
  /** Only for schemes that are opened. */
  readonly transport?: 'tcp' | 'ws'
  readonly tls?: boolean
}

export interface OptionWord extends Judgement {
  readonly type: string
  readonly default?: string
  /** The field of ConnectorConfig that it sets. */
  readonly field?: string
  /** Must be enforced or refused, even when misspelt. */
  readonly security?: boolean
}

/** `schemas/transports.json`. */
export interface TransportData {
  readonly ignoredPrefixes: readonly string[]
  readonly schemes: Readonly<Record<string, SchemeWord>>
  readonly options: Readonly<Record<string, OptionWord>>
}
