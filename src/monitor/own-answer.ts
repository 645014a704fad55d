import type { Facts, SegmentFacts } from './facts.ts'
import { countOf, isAttributes, numberOf, textOrNull, type Attributes } from './values.ts'

/** What the beans of TandemMQ's own say; ActiveMQ has none of them. */
export function readOwn(about: 'pair' | 'traffic' | 'oldest' | 'store', attributes: Attributes): Partial<Facts> {
  switch (about) {
    case 'pair':
      return {
        pairBean: {
          lagRecords: numberOf(attributes['LagRecords']),
          outageMs: numberOf(attributes['LastFailoverOutageMillis']),
        },
      }
    case 'traffic': {
      const received = numberOf(attributes['MessagesReceived'])
      if (received === null) return {}
      const delivered = countOf(attributes['MessagesDelivered'])
      const [bytesIn, bytesOut] = [countOf(attributes['BytesIn']), countOf(attributes['BytesOut'])]
      return { traffic: { received, delivered, bytesIn, bytesOut } }
    }
    case 'oldest': {
      const ages = attributes['OldestMessages']
      return isAttributes(ages)
        ? { oldest: Object.fromEntries(Object.entries(ages).map(([name, ms]) => [name, countOf(ms)])) }
        : {}
    }
    case 'store':
      return readSyncs(attributes['SyncSeconds'])
    default:
      return about satisfies never
  }
}

function readSyncs(value: unknown): Partial<Facts> {
  if (!isAttributes(value)) return {}
  const { bounds, buckets } = value
  if (!Array.isArray(bounds) || !Array.isArray(buckets) || bounds.length !== buckets.length) return {}
  return { syncs: { bounds: bounds.map(countOf), buckets: buckets.map(countOf) } }
}

/** The files of the journal, as the operation `segments` lists them. */
export const readSegments = (value: unknown): readonly SegmentFacts[] =>
  (Array.isArray(value) ? value : []).filter(isAttributes).map(segment)

function segment(row: Attributes): SegmentFacts {
  const percent = numberOf(row['livePercent'])
  const pin = isAttributes(row['oldestPin']) ? row['oldestPin'] : null
  const message = pin === null ? null : textOrNull(pin['messageId'])
  return {
    base: countOf(row['base']),
    bytes: countOf(row['bytes']),
    sealed: row['sealed'] === true,
    live: percent === null ? null : percent / 100,
    liveMessages: numberOf(row['liveMessages']),
    pin: pin === null ? null : [textOrNull(pin['destination']) ?? '', message ?? ''].join(' ').trim(),
    pinAgeMs: pin === null ? null : numberOf(pin['ageMs']),
  }
}
