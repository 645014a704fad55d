/**
 * Looks at configurations that were read: what they mean, and how two of them differ.
 *
 *   Reading + Reading ─► things ─► differences
 *
 * Read: difference (two readings compared) · difference-thing (the form in which they are) · difference-model (the net).
 * Promises: a difference is one in meaning, with both places; no secret is shown.
 * Refuses: to read files; whoever calls brings the readings.
 */
export { differencesOf, type Difference, type Effect, type Side } from './difference.ts'
