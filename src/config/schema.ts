import type { ErrorObject, ValidateFunction } from 'ajv'
import type { Position } from '../base/errors.ts'
import type { Places } from './fields.ts'
import type { Findings } from './findings.ts'
import type { BrokerConfig } from './model.ts'

/** Checks the model against `schemas/broker.json`; each error is told at the place of the attribute it came from. */
export function checkSchema(
  config: BrokerConfig,
  validate: ValidateFunction,
  places: Places,
  findings: Findings,
): void {
  // A plain boolean: the type guard of ajv would leave `never` behind.
  const valid: boolean = validate(config)
  if (valid) return
  for (const error of validate.errors ?? []) {
    const field = error.instancePath.split('/').findLast(part => !/^\d*$/.test(part)) ?? 'broker'
    const at = placeOf(error.instancePath, places) ?? config.at
    if (findings.errorAt(at)) continue
    findings.error('CONFIG_VALUE', at, `"${field}" ${expected(error)}`)
  }
}

/** The nearest place known: of the field, else of the object around it. */
function placeOf(pointer: string, places: Places): Position | null {
  for (let path = pointer; ; path = path.slice(0, path.lastIndexOf('/'))) {
    const at = places.get(path)
    if (at !== undefined) return at
    if (path === '') return null
  }
}

/** ajv's sentence; a bound is told as the bound it is. Values are never shown: they may be secret. */
function expected({ keyword, message, params }: ErrorObject): string {
  if (keyword === 'enum') return `must be one of ${(params['allowedValues'] as readonly unknown[]).join(', ')}`
  return message ?? 'is not valid'
}
