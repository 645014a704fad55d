import type { Position } from '../base/errors.ts'
import type { ShownConfig } from './model-shown.ts'
import type { Site } from './site.ts'

/** The names that this reads, without `tandemmq.`. */
export const SHOWN_PROPERTIES: readonly string[] = [
  'metrics',
  'metrics.auth',
  'metrics.compat',
  'metrics.maxDestinations',
  'web.trimTopicNames',
  'rest',
  'passive.jmx',
]

/** A value that is none is an error: a misspelt one must not open or close anything. */
export function buildShown(at: Position, { outer, findings }: Site): ShownConfig {
  const one = <T extends string>(name: string, values: readonly T[], otherwise: T): T => {
    const text = outer.overrides[name]?.trim()
    const found = text === undefined ? otherwise : values.find(value => value === text)
    if (found !== undefined) return found
    findings.error('CONFIG_PROPERTY', at, `-Dtandemmq.${name}="${text}" is none of ${values.join(', ')}`)
    return otherwise
  }
  const isTrue = (name: string): boolean => one(name, ['true', 'false'], 'false') === 'true'
  return {
    metricsAuth: one('metrics.auth', ['login', 'none'], 'login'),
    metricsAt: addressOf(outer.overrides['metrics']?.trim(), at, findings),
    metricsNames: one('metrics.compat', ['snake', 'flat', 'jmx'], 'snake'),
    metricsDestinationsMax: most(outer.overrides['metrics.maxDestinations']?.trim(), at, findings),
    trimTopicNames: isTrue('web.trimTopicNames'),
    rest: isTrue('rest'),
    passiveMinimal: one('passive.jmx', ['full', 'minimal'], 'full') === 'minimal',
  }
}

function addressOf(text: string | undefined, at: Position, findings: Site['findings']): ShownConfig['metricsAt'] {
  if (text === undefined) return null
  const match = /^(\[[0-9A-Fa-f:.%\w]+\]|[^:[\]\s/]+):(\d{1,5})$/.exec(text)
  const port = Number(match?.[2])
  if (match !== null && port <= 65_535) return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port }
  findings.error('CONFIG_PROPERTY', at, `-Dtandemmq.metrics="${text}" is not HOST:PORT`)
  return null
}

const DESTINATIONS = 2000

function most(text: string | undefined, at: Position, findings: Site['findings']): number {
  if (text === undefined) return DESTINATIONS
  if (/^\d{1,6}$/.test(text)) return Number(text)
  findings.error('CONFIG_PROPERTY', at, `-Dtandemmq.metrics.maxDestinations="${text}" is no number of destinations`)
  return DESTINATIONS
}
