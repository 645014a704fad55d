/**
 * Looks at configurations without starting anything: what two files say about one another, before they meet,
 * and what they do not say alike.
 *
 *   active.xml ─► Reading ─┐
 *                          ├─► pair-check ─► answers: ok · note · warning · error, with both places and a next step
 *   passive.xml ► Reading ─┘       ▲
 *                          attach (the broker's own security, from outside)
 *   Reading + Reading ─► things ─► differences
 *
 * Read: pair-check (the order, the verdict) · pair-answers (what an answer is) · pair-reach (addresses) · pair-attach (who
 * is let in, both ways) · pair-site (roles, disks, ports) · pair-rules (policies and flags) · pair-alike (what clients
 * would notice) · difference (two readings compared) · difference-thing (the form in which they are) · difference-model
 * (the net below).
 * Promises: an answer names the lines it comes from. Nothing is touched: logins are tried by what the caller brings in.
 * Refuses: to show a secret, and to call a pair good because something could not be checked: that is said.
 */
export { checkPairFiles, type PairVerdict } from './pair-check.ts'
export { differencesOf, type Difference, type Effect, type Side } from './difference.ts'
export type { Answer, Attach, AttachAnswer, Attempt, PairFile, Status } from './pair-answers.ts'
