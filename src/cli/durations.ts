/** `500ms`, `30s`, `5m`, `1h`, or a bare number of milliseconds (management TU-08); null: it is none, or 0. */
export function durationMs(text: string): number | null {
  const match = /^(\d{1,9})(ms|s|m|h)?$/i.exec(text.trim())
  if (match === null) return null
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[(match[2] ?? 'ms').toLowerCase()] ?? 1
  const ms = Number(match[1]) * unit
  return ms > 0 && ms <= dayMs ? ms : null
}
const dayMs = 86_400_000
