import type { Code } from '../base/codes.ts'
import type { Position } from '../base/errors.ts'
import { readFile, type Finding, type Reading, type Tools } from '../config/config.ts'
import { decodeXml, encodeXml, unifiedDiff, type Edit } from '../xml/xml.ts'
import { rewrite, type Rewritten, type Told } from './rewrite.ts'
import type { Order } from './sheet.ts'
import { verify } from './verify.ts'

/** What is left for a person. */
export interface Left {
  readonly code: Code
  /** In the file as it was. */
  readonly at: Position
  /** In the file as it is rewritten. */
  readonly now: Position
  readonly message: string
  readonly hint: string | null
}

export interface Upgrade {
  readonly changes: readonly Told[]
  readonly left: readonly Left[]
  /** In the offsets of the file's text as it was. */
  readonly edits: readonly Edit[]
  /** '' when nothing changes. */
  readonly diff: string
  /** The rewritten file; null when nothing changes. */
  readonly bytes: Uint8Array | null
  /** Files that it imports: named, never rewritten. */
  readonly imports: readonly string[]
}

/** What the loader says about words, which a corrected file would not have it say: the rest is `validate`'s. */
const WORDS: readonly Code[] = [
  'CONFIG_NOT_FOUND',
  'CONFIG_SOURCE',
  'CONFIG_NOT_WELL_FORMED',
  'CONFIG_XML_FORBIDDEN',
  'CONFIG_NO_BROKER',
  'CONFIG_NO_NAMESPACE',
  'CONFIG_UNKNOWN_ELEMENT',
  'CONFIG_UNKNOWN_ATTRIBUTE',
  'CONFIG_MISPLACED',
  'CONFIG_DUPLICATE_NAME',
  'CONFIG_CONTRADICTION',
  'CONFIG_VALUE',
  'CONFIG_SCHEME',
  'CONFIG_URI_OPTION',
]

/**
 * Upgrades one file that was read as `before` and whose bytes are `bytes`; `name` is what the diff calls it. Pure: the
 * caller writes.
 */
export function upgrade(
  before: Reading,
  file: string,
  bytes: Uint8Array,
  name: string,
  order: Order,
  tools: Tools,
): Upgrade {
  const text = decodeXml(bytes)
  const rewritten = text === null ? null : rewrite(text, file, { ...order, ...tools })
  if (text === null || rewritten === null || !rewritten.readable) return unchanged(leftByLoader(before, file, null))
  const encoded = exactly(text, bytes) ? encodeXml(rewritten.draft.text, bytes) : null
  const repaired = encoded === null ? null : encodeXml(rewritten.repaired.text, bytes)
  if (encoded === null || repaired === null)
    return unchanged([
      refusal('UPGRADE_ENCODING', 'the file cannot be written back byte for byte in its encoding', file),
    ])
  const edits = rewritten.draft.edits()
  const reread = (content: Uint8Array, changed: boolean): Reading =>
    changed ? readAs(content, file, before, tools) : before
  const after = reread(encoded, edits.length > 0)
  const middle = reread(repaired, rewritten.repaired.edits().length > 0)
  const wrong = verify({ before, repaired: middle, after }, rewritten)
  if (wrong !== null) return unchanged([refusal('UPGRADE_MEANING', `nothing was rewritten, because ${wrong}`, file)])
  return {
    changes: rewritten.changes.toSorted((a, b) => byPlace(a.at, b.at)),
    left: merge(rewritten.remarks, leftByLoader(after, file, rewritten)),
    edits,
    diff: unifiedDiff(text, edits, name),
    bytes: edits.length === 0 ? null : encoded,
    imports: [...(after.context?.texts.keys() ?? [])].filter(path => path !== file),
  }
}

const unchanged = (left: readonly Left[]): Upgrade => ({
  changes: [],
  left,
  edits: [],
  diff: '',
  bytes: null,
  imports: [],
})

function refusal(code: Code, message: string, file: string): Left {
  const at = { file, line: 1, column: 1 }
  return { code, at, now: at, message, hint: null }
}

/** Does the encoding give the file's very bytes again? */
function exactly(text: string, bytes: Uint8Array): boolean {
  const again = encodeXml(text, bytes)
  return again !== null && again.length === bytes.length && again.every((byte, i) => byte === bytes[i])
}

/** The configuration with other bytes in the file's place, and everything around it as it was. */
function readAs(bytes: Uint8Array, file: string, { outer }: Reading, tools: Tools): Reading {
  const read = (path: string): Uint8Array | null => (path === file ? bytes : outer.sources.read(path))
  return readFile(file, tools, { ...outer, sources: { ...outer.sources, read } })
}

function leftByLoader({ findings }: Reading, file: string, rewritten: Rewritten | null): readonly Left[] {
  const counts = ({ severity, code, at }: Finding): boolean =>
    (severity === 'error' || code === 'CONFIG_XML_FORBIDDEN') &&
    WORDS.includes(code) &&
    (at.file === file || rewritten === null)
  return findings.filter(counts).map(({ code, at, message, hint }) => {
    const before = rewritten === null ? at : rewritten.placeBefore(at)
    return { code, at: before, now: at, message, hint }
  })
}

/** The rules say more about a place than the loader does. */
function merge(remarks: readonly Left[], findings: readonly Left[]): readonly Left[] {
  const key = ({ now }: Left): string => `${now.line}:${now.column}`
  const said = new Set(remarks.map(key))
  return [...remarks, ...findings.filter(finding => !said.has(key(finding)))].toSorted((a, b) => byPlace(a.now, b.now))
}

const byPlace = (a: Position, b: Position): number => a.line - b.line || a.column - b.column
