import type { Facts, SegmentFacts } from './facts.ts'
import { countOf, isAttributes, numberOf, textOrNull, timeOf, type Attributes } from './values.ts'

/** The bean `io.tandemmq:type=Store`; ActiveMQ has none. */
export function readStore(attributes: Attributes): Pick<Facts, 'segments' | 'fsyncP99Ms'> {
  const fsync = numberOf(attributes['FsyncP99Millis'])
  const segments = attributes['Segments']
  return {
    ...(fsync === null ? {} : { fsyncP99Ms: fsync }),
    ...(segments === undefined ? {} : { segments: rowsOf(segments).map(segment) }),
  }
}

/** Tabular data is a map by index (management JR-14), a list of composites an array. */
const rowsOf = (value: unknown): readonly Attributes[] =>
  (Array.isArray(value) ? value : isAttributes(value) ? Object.values(value) : []).filter(isAttributes)

const segment = (row: Attributes): SegmentFacts => ({
  base: countOf(row['base']),
  bytes: countOf(row['bytes']),
  sealed: row['sealed'] === true,
  live: numberOf(row['live']),
  pin: textOrNull(row['pin']),
  pinnedSince: timeOf(row['pinnedSince']),
})
