/**
 * Says what is in a configuration, and what is wrong with it, to whoever asks before a start.
 *
 *   Reading ─► findings, advice ─┐
 *         └──► target: what another version makes of it ─┴─► report, excerpt (secrets masked) · sarif
 *         └──► explain: every value with where it came from ─► select (a path) ─► text
 *
 * Read: report and excerpt (findings with their source) · secrets (what is never shown) · versions, target,
 * target-rules, target-values (`--target`) · advice · sarif · explain, explain-text, select, surroundings.
 *
 * Promises: pure; the same reading gives the same words. No secret of the file is in any of them.
 * Refuses: to read anything itself, and to judge: whether a broker may start is said by config and server.
 */
export { advice } from './advice.ts'
export {
  Explainer,
  labelOf,
  type ExplainedItem,
  type ExplainedObject,
  type ExplainedSlot,
  type ExplainedValue,
  type ExplainOptions,
  type Source,
} from './explain.ts'
export { itemText, slotText, surroundingsText, valueText, type Style } from './explain-text.ts'
export {
  count,
  Excerpts,
  findingText,
  many,
  plain,
  SEVERITIES,
  summary,
  united,
  type Counts,
  type Inspection,
  type Paint,
} from './report.ts'
export { select, type Selected } from './select.ts'
export { surroundings, type Bean, type Setting, type Surroundings } from './surroundings.ts'
export { sarif } from './sarif.ts'
export { masked, MASK, secretNames, type IsSecret } from './secrets.ts'
export { targetFindings } from './target.ts'
export { RELEASES, targetOf, type Target } from './versions.ts'
