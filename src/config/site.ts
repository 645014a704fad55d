import type { Environment } from './environment.ts'
import type { Places } from './fields.ts'
import type { Findings } from '../base/findings.ts'
import { resolve } from './paths.ts'
import type { TransportData } from '../vocabulary/vocabulary.ts'

/** What every builder of a part of the model is given. */
export interface Site {
  readonly outer: Environment
  readonly findings: Findings
  readonly places: Places
  readonly transports: TransportData
}

/** A path of the file system: `file:` is taken off, a relative path is relative to the working directory. */
export function filePath(path: string, { outer }: Site): string {
  const plain = path.trim().replace(/^file:(?:\/\/(?:localhost)?(?=\/))?/i, '')
  return resolve(outer.cwd, plain)
}
