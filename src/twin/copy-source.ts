import { TandemError, messageOf } from '../base/errors.ts'
import { lsn, type Lsn } from '../base/lsn.ts'
import type { Log } from '../base/log.ts'
import { checksum, segmentPath, snapshotName, type Files, type Journal, type JournalFile } from '../journal/journal.ts'
import type { CopyFrame, PairLink } from '../pair/pair.ts'
import { PIECE_BYTES, crcOf, readFully, using } from './whole-files.ts'

type Want = CopyFrame & { readonly type: 'copy-want' }

export interface CopySourceOptions {
  readonly files: Files
  /** Where the journal lies. */
  readonly directory: string
  readonly journal: Pick<Journal, 'segments' | 'committed'> & {
    /** Resolves when everything appended before the call is in the files. */
    sync(): Promise<void>
  }
  /** Makes a snapshot of the state at or before the commit, and answers where it was taken; null: there is nothing to fold yet. */
  snapshot(): Promise<Lsn | null>
  /** Keeps the journal from this position on, for the copy; Infinity: no longer. */
  retainFrom(at: Lsn): void
  /** It ended without a copy: told to the passive already, and nothing is kept any more. */
  failed(text: string): void
  readonly log: Log
}

/** Bytes in the socket's queue above which no chunk follows: beats must not wait behind a backlog (D4). */
const QUEUED_MAX = 2 * PIECE_BYTES

/**
 * The active's side of a base copy (replication.md 4.6): a manifest, then what the passive asks for, one file at a time.
 * Reads files only below the commit at the time of the manifest, so what is appended meanwhile does not disturb it.
 */
export class CopySource {
  readonly #link: PairLink
  readonly #session: string
  readonly #options: CopySourceOptions
  /** Bytes of each segment that belong to the copy, by base. */
  readonly #segments = new Map<number, number>()
  #snapshot: { readonly lsn: Lsn; readonly bytes: number; readonly file: JournalFile } | null = null
  #commit: Lsn = lsn(0)
  #work: Promise<void> = Promise.resolve()
  #closed = false
  #drained: (() => void) | null = null

  constructor(link: PairLink, session: string, options: CopySourceOptions) {
    this.#link = link
    this.#session = session
    this.#options = options
  }

  /** Takes the snapshot and sends the manifest. */
  start(): void {
    this.#do(() => this.#manifest())
  }

  /** A copy frame that came over the link. `copy-done` keeps what the passive now lacks, until `close`. */
  frame(frame: CopyFrame): void {
    if (frame.session !== this.#session || this.#closed) return
    if (frame.type === 'copy-want') this.#do(() => this.#answer(frame))
    else if (frame.type === 'copy-done') this.#options.retainFrom(this.#commit)
    else if (frame.type === 'copy-failed') {
      this.#options.log.warn(`pair: ${this.#link.remote} gave up its copy: ${frame.text}`, { code: 'PAIR_COPY' })
      this.end()
      this.#options.failed(frame.text)
    }
  }

  /** The socket took everything. */
  drained(): void {
    this.#drained?.()
    this.#drained = null
  }

  /** The link is gone, or the tail has taken over: nothing is kept for the copy any more. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.drained()
    await this.#work
    this.#options.retainFrom(Infinity as Lsn)
    await this.#snapshot?.file.close()
  }

  /** As `close`, for whoever does not wait. */
  end(): void {
    this.close().catch((error: unknown) => this.#options.log.debug(messageOf(error)))
  }

  #do(step: () => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      if (this.#closed) return
      try {
        await step()
      } catch (error) {
        this.#fail(messageOf(error))
      }
    })
  }

  #fail(text: string): void {
    this.#options.log.error(`pair: the copy for ${this.#link.remote} failed: ${text}`, { code: 'PAIR_COPY' })
    this.#link.send({ type: 'copy-failed', session: this.#session, text })
    this.end()
    this.#options.failed(text)
  }

  async #manifest(): Promise<void> {
    const { journal, files, directory, retainFrom } = this.#options
    // Before the snapshot: a segment that it refers to must still be there when it is asked for.
    retainFrom(lsn(0))
    const at = await this.#options.snapshot()
    const commit = journal.committed
    this.#commit = commit
    await journal.sync()
    if (at !== null) {
      const file = await files.open(`${directory}/${snapshotName(at)}`)
      // Held open: a later snapshot may remove its name while the copy runs.
      this.#snapshot = { lsn: at, bytes: await file.size(), file }
    }
    const listed = journal.segments.filter(({ base }) => base < commit)
    const segments = listed.map(({ base, end }) => {
      const bytes = Math.min(end, commit) - base
      this.#segments.set(base, bytes)
      return { base, bytes, sealed: end <= commit && base !== journal.segments.at(-1)?.base }
    })
    const snapshot = this.#snapshot === null ? null : { lsn: this.#snapshot.lsn, bytes: this.#snapshot.bytes }
    this.#link.send({ type: 'copy-manifest', session: this.#session, snapshot, segments })
  }

  async #answer(want: Want): Promise<void> {
    if (want.what === 'snapshot') {
      if (this.#snapshot?.lsn !== want.base) throw notThere(want)
      return this.#file(want, this.#snapshot.file, this.#snapshot.bytes)
    }
    const bytes = this.#segments.get(want.base)
    if (bytes === undefined) throw notThere(want)
    return using(this.#options.files, segmentPath(this.#options.directory, want.base), file =>
      this.#file(want, file, bytes),
    )
  }

  async #file(want: Want, file: JournalFile, bytes: number): Promise<void> {
    const { base, what, from } = want
    const session = this.#session
    if (want.crc !== null && (await crcOf(file, bytes)) === want.crc)
      return this.#link.send({ type: 'copy-same', session, base })
    const piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
    let offset = Math.min(from, bytes)
    do {
      await this.#room()
      if (this.#closed) return
      const length = Math.min(piece.length, bytes - offset)
      await readFully(file, piece, length, offset)
      const last = offset + length === bytes
      const crc = checksum(piece, 0, length, 0)
      const chunk = { type: 'copy-chunk', session, what, base, offset, bytes: length, crc, last } as const
      this.#link.send(chunk, piece, 0, length)
      offset += length
    } while (offset < bytes)
  }

  /** Waits until the socket's queue is short. */
  async #room(): Promise<void> {
    while (!this.#closed && this.#link.queued > QUEUED_MAX - PIECE_BYTES) {
      await new Promise<void>(resolve => {
        this.#drained = resolve
      })
    }
  }
}

const notThere = ({ what, base }: Want): TandemError =>
  new TandemError('TWIN_COPY_FAILED', `${what} ${base} is not part of this copy`)
