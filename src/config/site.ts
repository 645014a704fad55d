import type { Environment } from './environment.ts'
import type { Places } from './fields.ts'
import type { Findings } from '../base/findings.ts'
import type { Jetty } from './jetty.ts'
import { resolve } from './paths.ts'
import type { Xml2js } from '../xml/xml.ts'
import type { TransportData } from '../vocabulary/vocabulary.ts'

/** What every builder of a part of the model is given. */
export interface Site {
  readonly outer: Environment
  readonly findings: Findings
  readonly places: Places
  readonly transports: TransportData
  readonly xml2js: Xml2js
  /** The imported jetty.xml; without an HTTP interface it is only told that nothing in it matters. */
  readonly jetty: (wanted: boolean) => Jetty | null
}

/** A path of the file system: `file:` is taken off, a relative path is relative to the working directory. */
export function filePath(path: string, { outer }: Site): string {
  const plain = path.trim().replace(/^file:(?:\/\/(?:localhost)?(?=\/))?/i, '')
  return resolve(outer.cwd, plain)
}
