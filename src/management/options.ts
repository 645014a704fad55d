import { convert } from './convert.ts'
import type { Limits } from './render.ts'

/** How a request is to be answered: of the query string, and of a POST element's `config`, which wins (management 1.4). */
export interface ProcessingOptions extends Limits {
  readonly ignoreErrors: boolean
  readonly canonicalNaming: boolean
  readonly includeRequest: boolean
  /** Seconds since 1970; null: not asked. */
  readonly ifModifiedSince: number | null
  /** `list` names each class once, instead of describing every bean (Jolokia 2, hawtio 4). */
  readonly listCache: boolean
}

/** Unknown names are passed over. Throws NumberFormatException for a limit that is no number (management JP-03). */
export function processingOptions(parameters: ReadonlyMap<string, string>): ProcessingOptions {
  const flag = (name: string, otherwise: boolean): boolean => {
    const value = parameters.get(name)
    return value === undefined ? otherwise : value.toLowerCase() === 'true'
  }
  const number = (name: string): number | null => {
    const value = parameters.get(name)
    return value === undefined ? null : (convert('long', value) as number)
  }
  return {
    maxDepth: number('maxDepth') ?? 0,
    maxCollectionSize: number('maxCollectionSize') ?? 0,
    maxObjects: number('maxObjects') ?? 0,
    ignoreErrors: flag('ignoreErrors', false),
    canonicalNaming: flag('canonicalNaming', true),
    includeRequest: flag('includeRequest', true),
    ifModifiedSince: number('ifModifiedSince'),
    listCache: flag('listCache', false),
  }
}
