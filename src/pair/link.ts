import type { LinkFrame } from './frames.ts'

/** One replication connection as the shell holds it, whichever side opened it. `wire.ts` draws its bytes. */
export interface PairLink {
  /** `tcp://host:port` of the other end, for logs. */
  readonly remote: string
  /** Our own address as this connection has it: what a wildcard connector is announced as. */
  readonly localHost: string
  /** Bytes handed over that the socket has not taken yet. */
  readonly queued: number
  /** Sends a frame; `data` and `copy-chunk` bring [from, to) of `block` as their body, which is written or copied before this returns. */
  send(frame: LinkFrame, block?: Buffer, from?: number, to?: number): void
  /** Stop and go on reading; frames already read may still come. */
  pause(): void
  resume(): void
  /** Closes when everything sent is written. No events come after it. Idempotent. */
  close(): void
}

/** What a link tells its owner. */
export interface PairLinkEvents {
  /** A well-formed frame; its body is [from, to) of `block` (empty for most), valid during the call only. */
  frame(frame: LinkFrame, block: Buffer, from: number, to: number): void
  /** The socket took everything. */
  drained(): void
  /** The other side closed, the connection broke, or it sent what is no replication frame (`broken`; `text` says which). Once. */
  closed(text: string, broken?: boolean): void
}
