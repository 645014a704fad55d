/**
 * The shell around the pair's core: it moves journal bytes between two nodes and does what the core decides.
 *
 *     core (pair/) ─ effects ─► links · journal · files      links · journal · files ─ events ─► core
 *
 * Read: meta (what a node remembers) · copy (the base copy) · salvage (what was cut off) · compare (are both the same?).
 * Promises: what it reports to the core as durable is on disk; nothing is cut that was not exported before.
 * Refuses: decisions. Who leads, what is acknowledged and what is cut is the core's to say.
 */
export {}
