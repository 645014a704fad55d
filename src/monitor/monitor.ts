/**
 * The terminal dashboard: `tandemmq monitor`.
 *
 *   polls, keys, ticks ─► message ─► update(model, message) ─► model ─► view(model) ─► lines ─► terminal
 *                                          └─► effects: run, browse, login, copy … ─► answers are messages again
 *
 * Read: model (what there is, what can happen) · update, on-key, obey, on-overlay (what becomes of it) · keys (one table
 * for keys, footer, help) · questions, answers, facts (what a node is asked and says) · node, rows (what two readings
 * tell) · kinds, sheet, filter, tree (tables) · rules, alerts (what is wrong, over time) · wishes, actions, promotion,
 * confirm (what changes something) · view, panels, heads, grid, bottom, overlay-view (the screen) · text, line (what may
 * reach a terminal) · watch, poll, terminal (the world).
 * Promises: model, update and view are pure; no key waits for a network; nothing a broker says reaches the terminal as an
 * escape sequence.
 * Refuses: to know blessed anywhere but in terminal.ts.
 */
export { KEYS, TABS, type Extra, type Key, type KeyGroup, type Tab } from './keys.ts'
export { INTERVALS_MS, type LogEntry, type Size } from './model.ts'
export { once, ONCE_SIZE, type OnceOptions } from './once.ts'
export { watch, type First, type WatchOptions } from './watch.ts'
