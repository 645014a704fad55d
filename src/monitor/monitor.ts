/**
 * The terminal dashboard: `tandemmq monitor`.
 *
 *   polls, keys, ticks ─► message ─► update(model, message) ─► model ─► view(model, size) ─► lines ─► terminal
 *
 * Read: monitor.
 * Promises: model, update and view are pure; no key waits for a network; nothing a broker says reaches the terminal as an
 * escape sequence.
 * Refuses: to know blessed anywhere but in terminal.ts.
 */
export {}
