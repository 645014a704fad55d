import type { Compared } from '../base/pair-view.ts'
import { BeanError, Type, beanClass, type AttributeRow, type OperationRow } from '../management/management.ts'
import type { Desk } from './desk.ts'
import { messageByKey, messagePage, takeMessage } from './message-page.ts'
import { lagRecords } from './pair-lag.ts'
import { singleBean } from './single-bean.ts'
import type { BeanSource } from './sources.ts'
import { segmentRows } from './store-segments.ts'
import { TRAFFIC } from './traffic-bean.ts'

/** States in which the two talk. */
const IN_CONTACT = new Set(['PAIRED', 'IN_SYNC', 'SYNCING'])

/** The pair (management P-05). */
const PAIR = beanClass<Desk>({
  className: 'io.tandemmq.Pair',
  description: 'This node as half of a pair.',
  attributes: [
    ['Role', Type.string, 'active or passive.', ({ host }) => host.pair.role],
    ['State', Type.string, 'What it does as that.', ({ host }) => host.pair.state],
    ['Detail', Type.string, 'Why, in a sentence.', ({ host }) => host.pair.detail],
    ['Policy', Type.string, 'When the passive may take over.', ({ host }) => host.pair.policy],
    ['InSync', Type.boolean, 'Both hold the same; what is acknowledged is on both.', ({ host }) => host.pair.inSync],
    ['Epoch', Type.int, 'Activations of the pair so far.', ({ host }) => host.pair.epoch],
    ['Position', Type.long, 'Where the journal ends here.', ({ host }) => host.pair.position],
    ['Committed', Type.long, 'Up to where it is acknowledged.', ({ host }) => host.pair.committed],
    ['Since', Type.long, 'Since when it is in this state, ms since 1970.', ({ host }) => host.pair.since],
    ['PeerConnected', Type.boolean, 'The two are in contact.', ({ host }) => IN_CONTACT.has(host.pair.state)],
    ['PeerBrokerName', Type.string, 'The name of the other.', ({ host }) => host.pair.peer?.brokerName ?? null],
    [
      'PeerPosition',
      Type.longObject,
      'Where the journal ends there; null: not known.',
      ({ host }) => host.pair.peer?.position ?? null,
    ],
    ['LagRecords', Type.longObject, 'Records that the other has not yet; null: not known.', lagRecords],
    ['LagBytes', Type.long, 'Bytes that the other has not yet.', ({ host }) => host.pair.peer?.lagBytes ?? 0],
    ['LagMillis', Type.long, 'ms by which the other is behind.', ({ host }) => host.pair.peer?.lagMs ?? 0],
    ['FailoverCount', Type.long, 'Changes of role since this node started.', ({ host }) => host.pair.failovers],
    [
      'LastFailoverTime',
      Type.longObject,
      'When the role changed last, ms since 1970; null: it did not.',
      ({ host }) => host.pair.lastFailover?.at ?? null,
    ],
    [
      'LastFailoverReason',
      Type.string,
      'Why the role changed last.',
      ({ host }) => host.pair.lastFailover?.why ?? null,
    ],
    [
      'LastFailoverOutageMillis',
      Type.longObject,
      'ms for which nobody led then, as this node saw it.',
      ({ host }) => host.pair.outageMs,
    ],
  ] satisfies AttributeRow<Desk>[],
  operations: [
    {
      name: 'promote',
      takes: 'epoch:long',
      does: 'This node leads from now on. The epoch is the one that it shows now: a check that nothing changed meanwhile.',
      onPassive: true,
      call: async ({ host }, [epoch]) => {
        if (epoch !== host.pair.epoch)
          throw new BeanError(
            'java.lang.IllegalStateException',
            `the epoch is ${host.pair.epoch} now, and not ${String(epoch)}`,
          )
        refused(await host.promote())
      },
    },
    {
      name: 'demote',
      does: 'The passive leads from now on, with nothing lost.',
      call: async ({ host }) => refused(await host.handover()),
    },
    {
      name: 'verify',
      returns: Type.composite,
      does: 'Compares both copies byte by byte, over the link of the two; reads the whole journal of both.',
      // Both nodes show from then on what was found.
      onPassive: true,
      call: async ({ host }) => comparison(await host.verify()),
    },
  ] satisfies OperationRow<Desk>[],
})

/** For a person (`text`) and for a script. */
function comparison(found: Compared | string): Readonly<Record<string, unknown>> {
  if (typeof found === 'string') throw new BeanError('java.lang.IllegalStateException', found)
  const { ok, position, compared, unshared } = found
  const apart = unshared === 0 ? '' : `; ${unshared} bytes are in the files of one of them only`
  const text = !ok
    ? `the copies differ from position ${position} on, behind ${compared} equal bytes`
    : compared === 0
      ? `nothing was compared: the two hold no common committed bytes${apart}`
      : `both copies are equal: ${compared} bytes, up to position ${position}${apart}`
  return { ok: ok && compared > 0, differs: !ok, position, compared, unshared, text }
}

function refused(why: string | null): void {
  if (why !== null) throw new BeanError('java.lang.IllegalStateException', why)
}

const STORE = beanClass<Desk>({
  className: 'io.tandemmq.Store',
  description: 'The journal and what it holds.',
  attributes: [
    ['Directory', Type.string, 'Where it lies.', ({ host }) => host.config.store.directory],
    ['TotalBytes', Type.long, 'Bytes of its files.', ({ host }) => host.journal.totalBytes],
    ['PendingBytes', Type.long, 'Bytes that are not acknowledged yet.', ({ host }) => host.journal.pendingBytes],
    ['SegmentCount', Type.int, 'Its files.', ({ host }) => host.journal.segments.length],
    ['LiveMessages', Type.long, 'Messages in it.', ({ host }) => host.state.liveness.live],
    ['LiveBytes', Type.long, 'Bytes of them.', ({ host }) => host.state.liveness.bytes],
    [
      'LivePercent',
      Type.int,
      'Per cent of its bytes.',
      ({ host }) => Math.floor((host.state.liveness.bytes * 100) / Math.max(1, host.journal.totalBytes)),
    ],
    ['Position', Type.long, 'Where it ends.', ({ host }) => host.journal.end],
    ['Committed', Type.long, 'Up to where it is acknowledged.', ({ host }) => host.journal.committed],
    [
      'SyncSeconds',
      Type.composite,
      'How long syncs of the journal took, s: bounds, buckets, count, sum.',
      ({
        host: {
          syncSeconds: { bounds, buckets, count, sum },
        },
      }) => ({ bounds, buckets, count, sum }),
    ],
    [
      'ScrubMillis',
      Type.longObject,
      'ms between two passes over what lies sealed; null: none is made.',
      ({ host }) => host.scrub.restMs,
    ],
    ['VerifiedSegments', Type.long, 'Sealed files that were read, and verify.', ({ host }) => host.scrub.segments],
    ['VerifiedBytes', Type.long, 'Bytes of them.', ({ host }) => host.scrub.bytes],
    [
      'LastPassTime',
      Type.longObject,
      'When the last pass over all of them ended, ms since 1970; null: none has.',
      ({ host }) => host.scrub.lastPassAt,
    ],
    ['Damaged', Type.list, 'Sealed files that do not verify now: what, and where.', ({ host }) => host.scrub.damaged],
    ['FreeBytes', Type.longObject, 'Free bytes of its disk; null: not known.', ({ host }) => host.freeBytes()],
  ] satisfies AttributeRow<Desk>[],
  operations: [
    {
      name: 'segments',
      returns: Type.composites,
      does: 'Shows each file, how much of it is needed, and its oldest message.',
      reads: true,
      call: segmentRows,
    },
  ] satisfies OperationRow<Desk>[],
})

const MESSAGES = beanClass<Desk>({
  className: 'io.tandemmq.Messages',
  description: 'Pages through queues of any depth.',
  attributes: [],
  operations: [
    {
      name: 'page',
      takes: 'destination, selector, after:long, limit:int',
      returns: Type.composite,
      does: 'Shows messages behind a key (-1: from the first) that a selector accepts, and the key to go on from.',
      reads: true,
      call: (desk, [destination, selector, after, limit]) =>
        messagePage(desk, destination as string, selector as string | null, after as number, limit as number),
    },
    {
      name: 'message',
      takes: 'destination, key:long',
      returns: Type.composite,
      does: 'Shows one message with its body, or null.',
      reads: true,
      call: (desk, [destination, key]) => messageByKey(desk, destination as string, key as number),
    },
    {
      name: 'take',
      takes: 'destination, selector',
      returns: Type.composite,
      does: 'Takes the first message that waits in a queue and that a selector accepts, as a consumer would; or answers null.',
      call: (desk, [destination, selector]) => takeMessage(desk, destination as string, selector as string | null),
    },
  ] satisfies OperationRow<Desk>[],
})

/** What only TandemMQ has (management ON-16). */
export const ownBeans = (desk: Desk): BeanSource[] => [
  singleBean(desk.names.own('Pair'), PAIR, () => desk),
  singleBean(desk.names.own('Store'), STORE, () => desk),
  singleBean(desk.names.own('Messages'), MESSAGES, () => desk),
  singleBean(desk.names.own('Traffic'), TRAFFIC, () => desk),
]
