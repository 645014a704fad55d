import { lsn as toLsn, type Lsn } from '../base/lsn.ts'

/**
 * The bytes of the journal, complete: a reader can be written from here (test/journal/independent-reader.test.ts is one).
 * All numbers are little-endian and unsigned; an Lsn, a key and a time take 8 bytes. Names and headers are UTF-8.
 *
 * A position (Lsn) is a byte offset in the whole log. The log lies in files `tandemmq-<base, 16 hex digits>.journal`; a
 * record's offset in its file is its Lsn minus `base`. There is no padding: a record's Lsn plus its length is the next
 * record's Lsn, in this file or at the start of the next. A file may be missing: nothing in it lived, and a snapshot
 * behind it holds the rest. To read such a journal, begin with the newest snapshot and fold the records from its Lsn on;
 * the messages themselves lie where it says.
 *
 *     0        4        8    9    10       12       16
 *     ├ crc ───┼ length ┼type┼flag┼barrier ┼ epoch ─┼ payload … ┤
 *
 * `length` counts the whole record, these 16 bytes included. `crc` is the CRC-32 of zlib over the bytes [4, length),
 * started with the crc of the record before (0 for the first of all): a chain, so a record that was written in another
 * place or another history never verifies. A file's first record is SEGMENT; it carries its own seed, so that a file can
 * be verified alone. `flag` 1: volatile, see RecordFlag. `barrier` is 1 when everything before the record was synced
 * before the record was written, so that damage before it cannot be a torn tail; else 0. `epoch` is the number of the
 * activation that appended it.
 *
 * Payloads, from offset 16, with the number of the type:
 *
 *     1 SEGMENT              magic "TandemMQ" · format u16 = 1 · 0 u16 · seed u32 · base lsn · uid 16 bytes, of the epoch
 *     2 EPOCH                uid 16 bytes · started u64 (ms since 1970) · reason u8 (0 first, 1 restart, 2 promotion)
 *     3 DESTINATION_ADDED    id u32 · kind u8 (0 queue, 1 topic, 2 temporary queue, 3 temporary topic, 5 scheduler) · name, to the end
 *     4 DESTINATION_REMOVED  id u32: with every message in it
 *     5 MESSAGE_ADDED        see below
 *     6 MESSAGE_REMOVED      destination id u32 · reason u8 (RemovalReason) · 0 u8 · 0 u16 · key × n, to the end
 *     7 REDELIVERED          destination id u32 · key × n, to the end: each key's redelivery count goes up by one
 *     8 GROUP                whole records, one after the other, applied all or none. Their crc is 0; the GROUP's covers them
 *     9 RELOCATED            as MESSAGE_ADDED, with the key of the message that now lives here, if that is still there
 *    10 SUBSCRIPTION_ADDED   id u32 · flags u8 (1 noLocal, 2 the selector compares as it is, without converting) · 0 u8 ·
 *                            client id, subscription name, topics, selector: each u16 length + text
 *    11 JOB                  destination id u32 · key lsn · next u64 · period u64 · remaining i32 · cron u16 length + text
 *    12 DISPATCHED           as REDELIVERED: these were handed over, and an epoch that begins while they are still there
 *                            makes their redelivery count at least 1
 *
 * EPOCH: a node began to lead. Its number is in `epoch`; the uid is random, and tells two histories apart. With the
 * reasons 0 and 1 it also ends what does not outlive a restart: messages without the trait persistent, temporary
 * destinations with all they hold, redelivery counts (but see 12). With 2 (a passive took over) it ends nothing.
 * Keys and ids that are not known are passed over. Where a GROUP's record lies is counted as if it stood alone:
 * the GROUP's Lsn plus its offset in it.
 *
 * SUBSCRIPTION_ADDED makes a durable subscription: a destination of kind 4, which holds what it has collected and ends with
 * a DESTINATION_REMOVED. `topics` are names or patterns with commas between them; a selector of length 0xFFFF is none.
 * JOB says when a message in a scheduler destination (kind 5, DESTINATION_ADDED) is due: `next` and `period` in ms, `next`
 * since 1970; `remaining` firings, -1 without end; an empty `cron` is none. In a GROUP a key of 0 means the MESSAGE_ADDED
 * before it. A second JOB for a key replaces the first; MESSAGE_REMOVED ends it. A restart ends no message of kind 5.
 *
 * A message, in MESSAGE_ADDED and RELOCATED (offsets from the record's start):
 *
 *     16            20       21       22          24      32        40          44       48
 *     ├ destination ┼priority┼ traits ┼ also u16 ─┼ key ──┼ expires ┼ headers n ┼ body m ┼ headers ┼ LF ┼ body ┼ NUL LF ┼ hidden ┼ u32 × also ┤
 *
 * `key` is 0 in MESSAGE_ADDED (a message's key is the Lsn of that record). `expires`: ms since 1970, 0 never. `headers`
 * are STOMP 1.2 header lines, escaped, each with its LF: everything from `message-id` on that does not depend on who
 * receives it. So the bytes from 48 to NUL LF are the tail of the MESSAGE frame as it is sent to a 1.2 client. `hidden`
 * are header lines in the same form that are kept but never sent (JMSXGroupID and its kin, stomp S-SND-17). `also` further
 * destinations hold the same message under the same key; their ids are the record's last bytes. RELOCATED is about one
 * destination, and its `also` is 0.
 *
 * The end of the log is the last byte that is part of a verified record of the last file; what follows there is zeros
 * written ahead (preallocation.ts), or an unfinished write when nothing behind it verifies either (tail-damage.ts). A record that does not verify anywhere else
 * is damage. In a pair all of this is the same on both nodes, byte for byte; snapshots (snapshot.ts, store/snapshot.ts)
 * and the meta file (twin/twin.ts) are a node's own.
 */
export const RECORD_HEADER = 16
export const MESSAGE_HEADER = 48
/** SEGMENT records have this length. */
export const SEGMENT_RECORD_BYTES = 56
/** EPOCH records have at least this length. */
export const EPOCH_RECORD_BYTES = 41
export const JOURNAL_FORMAT = 1
/** "TandemMQ" */
export const SEGMENT_MAGIC: Buffer = Buffer.from('TandemMQ', 'latin1')
/** A length field above this is damage, not a record: 1 GiB. */
export const recordBytesMax: number = 1 << 30

export const RecordType = {
  segment: 1,
  epoch: 2,
  destinationAdded: 3,
  destinationRemoved: 4,
  messageAdded: 5,
  messageRemoved: 6,
  redelivered: 7,
  group: 8,
  relocated: 9,
  subscriptionAdded: 10,
  job: 11,
  dispatched: 12,
} as const
export type RecordType = (typeof RecordType)[keyof typeof RecordType]

/** Flags of a record. A volatile record needs no fsync, and what it added does not outlive a restart. */
export const RecordFlag = { none: 0, volatile: 1 } as const

/** Traits of a message. */
export const Trait = {
  persistent: 1,
  /** A text message: its MESSAGE frames carry no content-length (stomp S-SND-02, S-MSG-05). */
  text: 2,
  /** The header block holds a `\r` escape, which STOMP 1.1 must not see (stomp S-FRM-12). */
  escapedCr: 4,
  /** There are hidden lines with a JMSXGroupID: dispatch must read them. */
  grouped: 8,
  /** `reply-to` or `original-destination` names a temporary destination, which its owner must see under its alias (stomp S-TMP-03). */
  temporaryReply: 16,
  /** A hidden line `@destination:/topic/NAME` says which destination a consumer is shown (semantics U-07). */
  shownAs: 32,
  /** The header block holds `ActiveMQ.Retain:true`: a topic remembers the message (semantics T-23). */
  retain: 64,
  /** It came again after it died; a hidden line says how often (semantics PL-10). */
  retried: 128,
} as const

/** Why a message left its queue; for counters and for whoever reads a journal dump. */
export const RemovalReason = { acknowledged: 0, expired: 1, deadLettered: 2, purged: 3, moved: 4 } as const

/** The name of the hidden line that says which destination a consumer is shown. */
export const SHOWN_AS = '@destination'
/** The name of the hidden line of a scheduled message that says where it goes: `/queue/a,/topic/b`. */
export const TARGET = '@schedule'
/**
 * The name of the hidden line of a map message: `xml:` or `json:` and the payload as it was sent, whose place in the body is
 * empty; or `body`: the body is the map, in XML (stomp S-TRF-02, S-TRF-05).
 */
export const MAP = '@map'
/** The name of the hidden line of an advisory whose body is a JSON object (stomp S-ADV-02). Its value is `body`. */
export const ADVISORY = '@advisory'

/** The name of the hidden line that says how often a message was sent again after it died. */
export const RETRIES = '@retries'

/** Where the hidden lines of the message record at `offset` start. */
export const hiddenStart = (view: DataView, offset: number): number =>
  offset + MESSAGE_HEADER + view.getUint32(offset + 40, true) + 1 + view.getUint32(offset + 44, true) + 2

/** Where they end, and the ids of further destinations start. */
export const hiddenEnd = (view: DataView, offset: number): number =>
  offset + view.getUint32(offset + 4, true) - 4 * view.getUint16(offset + 22, true)

/** Reads the 8-byte Lsn at `offset`. */
export function readLsn(view: DataView, offset: number): Lsn {
  return toLsn(view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 0x1_0000_0000)
}

/** Writes the 8-byte Lsn (or any whole number below 2^53) at `offset`. */
export function writeLsn(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true)
  view.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true)
}
