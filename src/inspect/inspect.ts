/**
 * Looks at configurations without starting anything: what is in one and what is wrong with it, and what two say about one
 * another before they meet.
 *
 *   Reading ─┬─► findings, advice ──────────────────────────┬─► report, excerpt (secrets masked) · sarif
 *            ├─► target: what another version makes of it ──┘
 *            └─► explain: every value with where it came from ─► select (a path) ─► text
 *
 *   active.xml ─► Reading ─┐
 *                          ├─► pair-check ─► answers: ok · note · warning · error, with both places and a next step
 *   passive.xml ► Reading ─┘       ▲
 *                          attach (the broker's own security, from outside)
 *   Reading + Reading ─► things ─► differences
 *
 * Read: report and excerpt (findings with their source) · secrets (what is never shown) · advice · sarif · versions, target,
 * target-rules, target-values (`--target`) · explain, explain-text, select, surroundings · pair-check (the order, the
 * verdict) · pair-answers (what an answer is) · pair-reach (addresses) · pair-attach (who is let in, both ways) · pair-site
 * (roles, disks, ports) · pair-rules (policies and flags) · pair-alike (what clients would notice) ·
 * difference (two readings compared), difference-thing (the form in which they are), difference-model (the net below).
 * Promises: the same readings give the same words; what is said names the lines it comes from. Nothing is touched: logins
 * are tried by what the caller brings in.
 * Refuses: to show a secret; to judge whether a broker may start, which config and server do; and to call a pair good
 * because something could not be checked: that is said.
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
  readable,
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
export { checkPairFiles, type PairVerdict } from './pair-check.ts'
export { compared, differencesOf, type Difference, type Effect, type Side } from './difference.ts'
export type { Answer, Attach, AttachAnswer, Attempt, PairFile, Status } from './pair-answers.ts'
