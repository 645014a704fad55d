import type { Finding, Reading } from '../config/config.ts'
import { applyEdits, LineTable } from '../xml/xml.ts'
import type { Rewritten } from './rewrite.ts'

/** The file as it is read in its three states. */
export interface Readings {
  readonly before: Reading
  /** With its mistakes repaired, and nothing else. */
  readonly repaired: Reading
  readonly after: Reading
}

/**
 * Does the rewritten file mean what the file meant? Null: it does. Else the sentence that says what would be different:
 *
 *   before ───repairs───► repaired ───other words───► after
 *     no more reasons against a start,    no more reasons against a start,
 *     but in what was not read before     and an equal model, places aside
 */
export function verify({ before, repaired, after }: Readings, rewritten: Rewritten): string | null {
  const { draft } = rewritten
  if (applyEdits(draft.original, draft.edits()) !== draft.text) return 'its edits do not make the text'
  const old = before.context === null ? Infinity : stops(before).length
  const still = stops(repaired).filter(finding => !uncovered(finding, rewritten))
  if (still.length > old) return `it would be refused for another reason: ${still.at(-1)?.message ?? ''}`
  if (stops(after).length > stops(repaired).length)
    return `it would be refused for another reason: ${stops(after).at(-1)?.message ?? ''}`
  const where = difference(repaired.model, after.model, '')
  return where === null ? null : `${where === '' ? 'the broker' : where} would be different`
}

const stops = ({ findings }: Reading): readonly Finding[] =>
  findings.filter(({ severity }) => severity === 'error' || severity === 'refuse')

/** Does it stand in something that could not be read before the repair? */
function uncovered({ at }: Finding, { file, repaired, changes }: Rewritten): boolean {
  if (at.file !== file) return false
  const offset = repaired.originalOffset(new LineTable(repaired.text, file).offsetOf(at))
  return changes.some(({ uncovers }) => uncovers !== null && uncovers.start <= offset && offset <= uncovers.end)
}

/** The first JSON pointer at which two models differ, places in the file aside; null when they do not. */
export function difference(a: unknown, b: unknown, pointer: string): string | null {
  if (Object.is(a, b) || (isPosition(a) && isPosition(b))) return null
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return pointer
  const [one, other] = [entriesOf(a), entriesOf(b)]
  for (const name of new Set([...one.keys(), ...other.keys()])) {
    const found = difference(one.get(name), other.get(name), `${pointer}/${name}`)
    if (found !== null) return found
  }
  return null
}

const entriesOf = (value: object): ReadonlyMap<string, unknown> => new Map(Object.entries(value))

const isPosition = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'file' in value && 'line' in value && 'column' in value
