import { UsageError } from './arguments.ts'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** ms of `500ms`, `30s`, `5m`, `1h`, or of seconds without a unit (management TU-08). Throws UsageError. */
export function durationMs(option: string, text: string): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text)
  const ms = Number(found?.[1] ?? Number.NaN) * (UNITS[found?.[2] ?? 's'] ?? Number.NaN)
  // A timer cannot wait longer than this: some 24 days.
  if (Number.isFinite(ms) && ms < 2 ** 31) return ms
  throw new UsageError(`${option}: "${text}" is no time; write 500ms, 30s or 5m`)
}
