/** Reading what came as JSON: of the wrong type is as good as not told. */
export type Attributes = Readonly<Record<string, unknown>>

export const isAttributes = (value: unknown): value is Attributes =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const numberOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null

/** Counts, where nothing told is nothing there. */
export const countOf = (value: unknown): number => numberOf(value) ?? 0

export const textOrNull = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

export const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** ms since 1970, of a number or of an ISO 8601 text. */
export function timeOf(value: unknown): number | null {
  if (typeof value === 'number') return value > 0 ? value : null
  if (typeof value !== 'string') return null
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : at
}
