import { definitionOf, type Annotated } from './schema.ts'
import { judgementOf, renamed, type Judgement } from './words.ts'

export interface SchemeWord extends Judgement {
  readonly doc: string
  /** Only for schemes that are opened. */
  readonly transport?: 'tcp' | 'ws'
  readonly tls?: boolean
}

export interface OptionWord extends Judgement {
  readonly type: string
  readonly doc?: string
  readonly default?: string
  /** The field of ConnectorConfig that it sets. */
  readonly field?: string
  /** Must be enforced or refused, even when misspelt. */
  readonly security?: boolean
}

/** What `schemas/transports.json` says, without the JSON Schema around it. */
export interface TransportData {
  readonly ignoredPrefixes: readonly string[]
  readonly schemes: Readonly<Record<string, SchemeWord>>
  readonly options: Readonly<Record<string, OptionWord>>
}

interface SchemeSchema extends Annotated {
  readonly const: string
  readonly 'x-transport'?: 'tcp' | 'ws'
  readonly 'x-tls'?: boolean
}

interface OptionSchema extends Annotated {
  /** Into activemq.json. */
  readonly $ref: string
  readonly default?: string | number | boolean
  readonly 'x-field'?: string
  readonly 'x-security'?: boolean
}

/** `schemas/transports.json`, as far as this room reads it. */
export interface TransportSchema {
  readonly 'x-ignored-prefixes': readonly string[]
  readonly properties: {
    readonly scheme: { readonly oneOf: readonly SchemeSchema[] }
    readonly options: { readonly properties: Readonly<Record<string, OptionSchema>> }
  }
}

export function readTransports(schema: TransportSchema): TransportData {
  const { scheme, options } = schema.properties
  return {
    ignoredPrefixes: schema['x-ignored-prefixes'],
    schemes: Object.fromEntries(scheme.oneOf.map(one => [one.const, schemeWord(one)])),
    options: Object.fromEntries(Object.entries(options.properties).map(([name, one]) => [name, optionWord(one)])),
  }
}

const SCHEME_FIELDS = { description: 'doc', 'x-transport': 'transport', 'x-tls': 'tls' }
const OPTION_FIELDS = { description: 'doc', 'x-field': 'field', 'x-security': 'security' }

const schemeWord = (scheme: SchemeSchema): SchemeWord => ({
  ...judgementOf(scheme),
  ...renamed<Pick<SchemeWord, 'doc' | 'transport' | 'tls'>>(scheme, SCHEME_FIELDS),
})

const optionWord = (option: OptionSchema): OptionWord => ({
  ...judgementOf(option),
  ...renamed<Pick<OptionWord, 'doc' | 'field' | 'security'>>(option, OPTION_FIELDS),
  type: definitionOf(option.$ref.slice(option.$ref.indexOf('#'))).replace(/^type\./, ''),
  ...(option.default === undefined ? {} : { default: String(option.default) }),
})
