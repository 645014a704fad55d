import type { Column, Kind } from './column.ts'
import type { ConnectionFacts, SegmentFacts, SubscriptionFacts } from './facts.ts'
import type { Role } from './line.ts'
import { age, bytes, count, position, rate } from './numbers.ts'
import { emptyIn, STATES, type DestinationRow, type DestinationState } from './rows.ts'

const ROLES: Readonly<Record<DestinationState, Role>> = {
  'no consumer': 'crit',
  'slow cons.': 'warn',
  blocked: 'crit',
  DLQ: 'warn',
  growing: 'warn',
  paused: 'accent',
  draining: 'ok',
  idle: 'dim',
  ok: 'ok',
  '-': 'dim',
}

/** A column of counts. */
function counted<T>(id: string, title: string, width: number, from: number, of: (row: T) => number): Column<T> {
  return { id, title, width, from, right: true, value: of, text: (row, units) => count(of(row), units) }
}

function rated<T>(id: string, title: string, from: number, of: (row: T) => number | null): Column<T> {
  return { id, title, width: 7, from, right: true, value: of, text: (row, units) => rate(of(row), units) }
}

function worded<T>(id: string, title: string, width: number, from: number, of: (row: T) => string): Column<T> {
  return { id, title, width, from, right: false, value: of, text: of }
}

const SPARE = 0

const destinations = (title: string): Kind<DestinationRow> => ({
  key: ({ bean }) => bean,
  name: ({ name }) => name,
  words: ({ name }) => name,
  main: 'size',
  columns: [
    {
      ...worded<DestinationRow>('name', title, SPARE, 0, ({ name }) => name),
      text: ({ name, members }, _units, _now, depth) =>
        `${'  '.repeat(depth)}${name}${members === 0 ? '' : ` (${members})`}`,
      role: ({ members }) => (members === 0 ? 'plain' : 'accent'),
    },
    counted('size', 'SIZE', 8, 0, row => row.size),
    counted('inflight', 'INFLT', 6, 80, row => row.inFlight),
    counted('consumers', 'CONS', 4, 60, row => row.consumers),
    counted('producers', 'PROD', 4, 110, row => row.producers),
    rated('enqueue', 'ENQ/s', 70, row => row.inRate),
    rated('dequeue', 'DEQ/s', 70, row => row.outRate),
    {
      id: 'oldest',
      title: 'OLDEST',
      width: 6,
      from: 100,
      right: true,
      value: row => row.oldestMs,
      text: row => age(row.oldestMs),
    },
    counted('expired', 'EXPRD', 6, 130, row => row.expired),
    counted('enqueued', 'IN', 8, 150, row => row.enqueued),
    counted('dequeued', 'OUT', 8, 150, row => row.dequeued),
    counted('memory', 'MEM%', 4, 80, row => row.memoryPercent),
    {
      id: 'state',
      title: 'STATE',
      width: 11,
      from: 50,
      right: false,
      value: row => STATES.indexOf(row.state),
      text: row => stateText(row),
      role: row => ROLES[row.state],
    },
  ],
})

function stateText(row: DestinationRow): string {
  const seconds = row.state === 'draining' ? emptyIn(row) : null
  return seconds === null || seconds > 359_999 ? row.state : `empty ${age(seconds * 1000)}`
}

export const queues: Kind<DestinationRow> = destinations('QUEUE')
export const topics: Kind<DestinationRow> = destinations('TOPIC')

export const subscriptions: Kind<SubscriptionFacts> = {
  key: ({ bean }) => bean,
  name: ({ destination }) => destination,
  words: ({ destination, clientId, name, selector }) => `${destination} ${clientId} ${name ?? ''} ${selector ?? ''}`,
  main: 'pending',
  columns: [
    worded('name', 'DESTINATION', SPARE, 0, ({ destination }) => destination),
    worded('kind', 'KIND', 5, 90, ({ kind }) => kind),
    worded('client', 'CLIENT', 22, 60, ({ clientId }) => clientId),
    worded('durable', 'DURABLE', 14, 80, ({ name }) => name ?? '-'),
    counted('pending', 'PEND', 8, 0, row => row.pending),
    counted('dispatched', 'INFLT', 6, 80, row => row.dispatched),
    counted('dequeued', 'OUT', 8, 110, row => row.dequeued),
    {
      ...worded<SubscriptionFacts>('state', 'STATE', 8, 40, row => subscriptionState(row)),
      role: row => (!row.active ? 'warn' : row.slow ? 'warn' : 'ok'),
    },
    worded('selector', 'SELECTOR', 20, 140, ({ selector }) => selector ?? '-'),
  ],
}

const subscriptionState = ({ active, slow }: SubscriptionFacts): string => (!active ? 'offline' : slow ? 'slow' : 'ok')

export const connections: Kind<ConnectionFacts> = {
  key: ({ bean }) => bean,
  name: ({ clientId }) => clientId,
  words: ({ clientId, user, remote }) => `${clientId} ${user ?? ''} ${remote}`,
  main: 'pending',
  columns: [
    worded('name', 'CLIENT', SPARE, 0, ({ clientId }) => clientId),
    worded('user', 'USER', 10, 50, ({ user }) => user ?? '-'),
    worded('remote', 'REMOTE', 21, 40, ({ remote }) => remote),
    worded('connector', 'CONNECTOR', 10, 100, ({ connector }) => connector),
    counted('pending', 'PEND', 7, 0, row => row.pending),
    counted('transactions', 'TX', 3, 50, row => row.transactions),
    {
      id: 'since',
      title: 'SINCE',
      width: 7,
      from: 90,
      right: true,
      value: row => row.connectedAt,
      text: (row, _, now) => age(row.connectedAt === null ? null : now - row.connectedAt),
    },
    {
      ...worded<ConnectionFacts>('state', 'STATE', 8, 70, row => connectionState(row)),
      role: row => (row.blocked || row.slow ? 'warn' : 'ok'),
    },
  ],
}

const connectionState = ({ blocked, slow }: ConnectionFacts): string => (blocked ? 'blocked' : slow ? 'slow' : 'ok')

export const segments: Kind<SegmentFacts> = {
  key: ({ base }) => String(base),
  name: ({ base }) => position(base),
  words: ({ base, pin }) => `${base} ${pin ?? ''}`,
  main: 'live',
  columns: [
    {
      ...worded<SegmentFacts>('name', 'FILE FROM', SPARE, 0, ({ base }) => position(base)),
      value: ({ base }) => base,
    },
    {
      id: 'bytes',
      title: 'BYTES',
      width: 9,
      from: 0,
      right: true,
      value: row => row.bytes,
      text: row => bytes(row.bytes),
    },
    {
      id: 'live',
      title: 'LIVE%',
      width: 6,
      from: 0,
      right: true,
      value: row => row.live,
      text: row => (row.live === null ? '-' : String(Math.round(row.live * 100))),
    },
    {
      id: 'messages',
      title: 'MSGS',
      width: 9,
      from: 60,
      right: true,
      value: row => row.liveMessages,
      text: (row, units) => count(row.liveMessages, units),
    },
    worded('use', 'USE', 7, 60, ({ sealed }) => (sealed ? 'sealed' : 'open')),
    {
      id: 'age',
      title: 'AGE',
      width: 7,
      from: 60,
      right: true,
      value: row => row.pinAgeMs,
      text: row => age(row.pinAgeMs),
    },
    worded('pin', 'KEPT BY', 40, 80, ({ pin }) => pin ?? '-'),
  ],
}
