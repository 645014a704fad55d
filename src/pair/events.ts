import type { EventCode } from '../base/event-codes.ts'
import type { Lsn } from '../base/lsn.ts'
import type { PairFrame } from './frames.ts'
import type { EpochEntry, PairMeta, PairRecord } from './model.ts'

/** A replication connection, whoever opened it; numbered by the shell, never used again. */
export type LinkId = number

/** What happened. The shell hands each to `PairCore.handle(event, now)` as soon as it happens, in order. */
export type PairEvent =
  /** First of all, once, and again as the answer to `reopen`: what recovery found. `dur` = `end`: recovery synced it (A7). */
  | {
      readonly type: 'boot'
      readonly meta: PairMeta
      readonly end: Lsn
      readonly chain: number
      readonly epochs: readonly EpochEntry[]
      readonly retainedFrom: Lsn
    }
  /** A deadline passed (`PairCore.deadline`); early ones are harmless. */
  | { readonly type: 'time' }
  // the journal
  /** Active: records up to `end` were appended and flushed: they may be shipped. */
  | { readonly type: 'appended'; readonly end: Lsn }
  /** Answer to `quiesce`: everything that was read from clients is journaled, and nothing more will be appended. */
  | { readonly type: 'quiesced'; readonly end: Lsn }
  /** Passive: whole records up to `end` were taken over and verified. */
  | { readonly type: 'received'; readonly end: Lsn }
  /** By the commit rule of this node alone, everything below is safe here (a run of volatile records included). */
  | { readonly type: 'durable'; readonly upTo: Lsn }
  /** The EPOCH record asked for by `begin` is durable here. */
  | { readonly type: 'began'; readonly epoch: EpochEntry; readonly end: Lsn }
  /** Answer to `compare`; null: the position is no record boundary here, or its bytes are gone. */
  | { readonly type: 'compared'; readonly at: Lsn; readonly chain: number | null }
  /** Answer to `cut`: exported, cut and synced. `end` behind the position asked for: it cannot be cut there, nothing was. */
  | { readonly type: 'cut'; readonly end: Lsn; readonly chain: number; readonly epochs: readonly EpochEntry[] }
  /** Bytes that were to be taken over did not verify: wrong crc, broken chain. Nothing of them was kept. */
  | { readonly type: 'badData'; readonly link: LinkId; readonly text: string }
  /** The disk takes nothing more and it is tried again, as with one that is full. Until `writesResumed` nothing becomes durable. */
  | { readonly type: 'writesStalled' }
  | { readonly type: 'writesResumed' }
  /** A write or fsync error; this incarnation acknowledges nothing more (rule 7). */
  | { readonly type: 'diskFailed' }
  /** The `save` with this number is durable. */
  | { readonly type: 'saved'; readonly save: number }
  // links
  /**
   * Somebody with the right `replicator` opened a connection to us and subscribed. `retainedFrom`: from where on the journal
   * is whole now, cleanup having gone on; absent: as `boot` said.
   */
  | { readonly type: 'attached'; readonly link: LinkId; readonly remote: string; readonly retainedFrom?: Lsn }
  /** Our own `dial` got through: authenticated and subscribed. */
  | { readonly type: 'dialled'; readonly link: LinkId }
  /** refused: the port is closed. unreachable: no answer in time, no route, no such host. rejected: the broker there said no (login, right, not a TandemMQ). */
  | { readonly type: 'dialFailed'; readonly why: 'refused' | 'unreachable' | 'rejected'; readonly text: string }
  | { readonly type: 'frame'; readonly link: LinkId; readonly frame: PairFrame }
  /** reset: by the other side or its kernel, also an orderly end nobody announced. */
  | { readonly type: 'closed'; readonly link: LinkId }
  /** Answer to `probe`: refused: every port refuses, so the process is dead. open: one accepts. silent: neither. */
  | { readonly type: 'probed'; readonly answer: 'refused' | 'open' | 'silent' }
  /** Answer to `copy`: the staged copy was verified and swapped in; what it holds. */
  | { readonly type: 'copied'; readonly end: Lsn; readonly chain: number; readonly epochs: readonly EpochEntry[] }
  | { readonly type: 'copyFailed'; readonly text: string }
  /** The shell finished going from one role to the other: connectors are open (active), or closed with the store following (passive). */
  | { readonly type: 'opened' }
  // the witness
  | {
      readonly type: 'casDone'
      readonly nonce: string
      readonly answer: 'ok' | 'conflict' | 'unknown'
      readonly record: PairRecord | null
    }
  /** Answer to `readWitness`; null record: there is none yet; undefined: unavailable. */
  | { readonly type: 'witness'; readonly record: PairRecord | null | undefined }
  // people
  | { readonly type: 'promote'; readonly force: boolean }
  | { readonly type: 'handover' }
  /** SIGTERM: hand over to an in-sync passive when `handover`, else resign; ends with the effect `stop`. */
  | { readonly type: 'stop'; readonly handover: boolean }

/** What the shell must do, in this order. */
export type PairEffect =
  /**
   * Commit no further than this, from now on: Infinity alone, the passive's position in JOINING and PAIRED, the present
   * commit while frozen. The journal commits min(own position, limit), and never goes back.
   */
  | { readonly type: 'limit'; readonly to: Lsn }
  /** Passive: apply records up to here (the shell takes min with what is durable here). */
  | { readonly type: 'apply'; readonly to: Lsn }
  /** Append the EPOCH record of a new activation and answer `began` when it is durable. `promotion`: volatile messages live on. */
  | { readonly type: 'begin'; readonly n: number; readonly uid: string; readonly reason: 'restart' | 'promotion' }
  | { readonly type: 'save'; readonly save: number; readonly meta: PairMeta }
  | { readonly type: 'compare'; readonly at: Lsn }
  /** Export everything behind `at` to salvage (sync), then cut there (A5). `receipted`: it may hold acknowledged work. */
  | { readonly type: 'cut'; readonly at: Lsn; readonly receipted: boolean }
  /** Passive: drop an incomplete last record, make the rest durable (A9): its session ended, or `begin` follows. */
  | { readonly type: 'trim' }
  /** Keep the journal from here on; Infinity: nothing but what the store itself needs. */
  | { readonly type: 'retain'; readonly from: Lsn }
  // links
  | { readonly type: 'dial'; readonly uris: readonly string[] }
  /** Give up a dial in progress: no `dialled` or `dialFailed` comes for it any more. */
  | { readonly type: 'undial' }
  | { readonly type: 'probe'; readonly uris: readonly string[] }
  | { readonly type: 'send'; readonly link: LinkId; readonly frame: PairFrame }
  /** Active: send the journal bytes [from, to) as `data` frames, after what was said on this link before. */
  | {
      readonly type: 'ship'
      readonly link: LinkId
      readonly session: string
      readonly epoch: number
      readonly from: Lsn
      readonly to: Lsn
    }
  /** Passive: the body of the `data` frame just handled is good: take it over at `lsn`. Every other body is dropped. */
  | { readonly type: 'take'; readonly link: LinkId; readonly lsn: Lsn }
  /** Passive: run the base copy over this link. Active: serve it. */
  | { readonly type: 'copy'; readonly link: LinkId; readonly session: string }
  | { readonly type: 'serveCopy'; readonly link: LinkId; readonly session: string }
  | { readonly type: 'close'; readonly link: LinkId }
  // the role
  /** Open the connectors and serve, from the state as it is: `opened` follows. Only after `began`. */
  | { readonly type: 'open' }
  /** Bind the connectors, but refuse ordinary clients: only the twin may attach (waiting ex-active, waitForPassive). */
  | { readonly type: 'hold' }
  /** Stop serving at once: no receipt, no delivery, connectors closed; then reopen the store to follow: `boot` follows. */
  | { readonly type: 'reopen' }
  /** handover: read no more from clients; answer `quiesced` when everything read is journaled. */
  | { readonly type: 'quiesce' }
  | { readonly type: 'unquiesce' }
  // the witness
  | { readonly type: 'cas'; readonly from: number | null; readonly record: PairRecord }
  | { readonly type: 'readWitness' }
  // people
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly text: string; readonly code: EventCode }
  /** The node ends itself. `failed`: exit code 1. */
  | { readonly type: 'stop'; readonly failed: boolean; readonly text: string }
