/**
 * Rewrites an activemq.xml in today's words, in another version's, or in the pair's other vocabulary, and touches no
 * byte that need not change.
 *
 *   text ─► repairs ─────────────► other words ────────► namespaces ─► leftovers ─► text + changes + remarks
 *           &, spelling, nesting,  pair names, memory,                 what a person
 *           values, URI options    stores, removed                     must decide
 *               └────────────── verify: the rewritten file means what the file meant ──────────────┘
 *
 * Read: file (one file, start to end) · rewrite (the rounds) · sheet (what a rule sees and answers) · parts (what an
 * element is) · target (who knows which word) · the rules by name · edits · verify.
 *
 * Promises: comments, layout, attribute order, quotes, line ends and encoding stay. What is upgraded once has nothing to
 * upgrade. The model is the same but for what a repair corrected; a rewriting that cannot be shown to keep it is not made.
 * Refuses: to guess (a name at an edit's distance stays), to decide where messages are or what is protected.
 */
export { upgrade, type Left, type Upgrade } from './file.ts'
export type { Told } from './rewrite.ts'
export type { Order, RuleName } from './sheet.ts'
export { readTarget, type Names, type Target } from './target.ts'
export { difference } from './verify.ts'
