import { TandemError, messageOf } from '../base/errors.ts'
import { lsn, type Lsn } from '../base/lsn.ts'
import type { Log } from '../base/log.ts'
import { checksum, segmentName, snapshotName, type Files, type JournalFile } from '../journal/journal.ts'
import type { CopyFrame, PairLink } from '../pair/pair.ts'
import { verifyCopy, type CopyHolds } from './copy-verify.ts'
import { removeAll, settleDirectory, stagingName } from './directory.ts'
import { journalDirectory, type MetaFile } from './meta.ts'
import { copyBytes, crcOf, using } from './whole-files.ts'

type Manifest = CopyFrame & { readonly type: 'copy-manifest' }
type Chunk = CopyFrame & { readonly type: 'copy-chunk' }

export interface CopyTargetOptions {
  readonly files: Files
  /** The data directory. */
  readonly directory: string
  readonly meta: MetaFile
  readonly log: Log
  /** ms since 1970. */
  now(): number
  /** Closes the journal that is about to be replaced. Nothing of it is read behind this. */
  release(): Promise<void>
  /** The copy was verified and swapped in: the meta file names it. */
  done(holds: CopyHolds): void
  /** What was here before is intact, unless `swapped`: then only the tidying behind the swap failed, and a start does it. */
  failed(text: string): void
}

/** A file of the manifest. */
interface Wanted {
  readonly what: 'snapshot' | 'segment'
  readonly base: Lsn
  readonly name: string
  readonly bytes: number
}

/** Chunks read from the link and not yet written, at most; then the link is paused, until half of it is written. */
const UNWRITTEN_MAX = 1 << 20

/**
 * The passive's side of a base copy: stages what the manifest names beside its own journal, takes what it has already,
 * proves the whole, and swaps it in by one write of the meta file.
 */
export class CopyTarget {
  readonly #link: PairLink
  readonly #session: string
  readonly #options: CopyTargetOptions
  readonly #staging: string
  readonly #name: string
  #manifest: Manifest | null = null
  #todo: Wanted[] = []
  /** What `copy-same` would be about: the file that the hash was of. */
  #hashed: 'staged' | 'own' = 'staged'
  #file: { readonly handle: JournalFile; at: number } | null = null
  #unwritten = 0
  #paused = false
  #work: Promise<void> = Promise.resolve()
  #over = false

  constructor(link: PairLink, session: string, options: CopyTargetOptions) {
    this.#link = link
    this.#session = session
    this.#options = options
    this.#name = stagingName(options.meta.meta)
    this.#staging = `${options.directory}/${this.#name}`
  }

  /** A copy frame that came over the link; the body is copied before this returns. */
  frame(frame: CopyFrame, block: Buffer, from: number, to: number): void {
    if (frame.session !== this.#session || this.#over) return
    if (frame.type === 'copy-manifest') this.#do(() => this.#begin(frame))
    else if (frame.type === 'copy-same') this.#do(() => this.#same(frame.base))
    else if (frame.type === 'copy-chunk') this.#take(frame, Buffer.from(block.subarray(from, to)))
    else if (frame.type === 'copy-failed') this.#do(() => Promise.reject(new Error(`the active says: ${frame.text}`)))
  }

  /** The link is gone. What was staged stays, for the next copy to go on with. Resolves when no file is touched any more. */
  async close(): Promise<void> {
    this.#over = true
    await this.#work
    await this.#closeFile()
  }

  /** As `close`, for whoever does not wait. */
  end(): void {
    this.close().catch((error: unknown) => this.#options.log.debug(messageOf(error)))
  }

  /** This side sends little: nothing waits for its socket. */
  drained(): void {}

  #take(frame: Chunk, body: Buffer): void {
    this.#unwritten += body.length
    if (this.#unwritten > UNWRITTEN_MAX && !this.#paused) {
      this.#paused = true
      this.#link.pause()
    }
    this.#do(async () => {
      await this.#chunk(frame, body)
      this.#unwritten -= body.length
      if (!this.#paused || this.#unwritten > UNWRITTEN_MAX / 2) return
      this.#paused = false
      this.#link.resume()
    })
  }

  #do(step: () => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      if (this.#over) return
      try {
        await step()
      } catch (error) {
        await this.#fail(error)
      }
    })
  }

  async #fail(error: unknown): Promise<void> {
    this.#over = true
    if (this.#paused) this.#link.resume()
    await this.#closeFile().catch(() => undefined)
    const text = messageOf(error)
    this.#link.send({ type: 'copy-failed', session: this.#session, text })
    this.#options.failed(text)
  }

  async #begin(manifest: Manifest): Promise<void> {
    const { files } = this.#options
    if (this.#manifest !== null) throw unexpected('a second manifest')
    this.#manifest = manifest
    const { snapshot, segments } = manifest
    if (snapshot !== null)
      this.#todo.push({
        what: 'snapshot',
        base: snapshot.lsn,
        name: snapshotName(snapshot.lsn),
        bytes: snapshot.bytes,
      })
    for (const { base, bytes } of segments) {
      this.#todo.push({ what: 'segment', base, name: segmentName(base), bytes })
    }
    const wanted = new Set(this.#todo.map(({ name }) => name))
    for (const name of await files.list(this.#staging)) {
      if (!wanted.has(name)) await files.remove(`${this.#staging}/${name}`)
    }
    await this.#next()
  }

  /** Asks for the next file, or finishes. */
  async #next(): Promise<void> {
    const [wanted] = this.#todo
    if (wanted === undefined) return this.#finish()
    const { what, base, bytes } = wanted
    const staged = await this.#sizeOf(this.#staging, wanted.name)
    // A snapshot cannot be continued: it is another one, or its beginning may be.
    const from = what === 'segment' && staged < bytes ? staged : 0
    let crc: number | null = null
    if (staged >= bytes) crc = await this.#hash('staged', this.#staging, wanted)
    else if (staged === 0 && (await this.#sizeOf(this.#own, wanted.name)) >= bytes)
      crc = await this.#hash('own', this.#own, wanted)
    this.#link.send({ type: 'copy-want', session: this.#session, what, base, from, crc })
  }

  get #own(): string {
    const { directory, meta } = this.#options
    return journalDirectory(directory, meta.meta)
  }

  async #sizeOf(directory: string, name: string): Promise<number> {
    const { files } = this.#options
    if (!(await files.list(directory)).includes(name)) return 0
    return using(files, `${directory}/${name}`, file => file.size())
  }

  #hash(whose: 'staged' | 'own', directory: string, { name, bytes }: Wanted): Promise<number> {
    this.#hashed = whose
    return using(this.#options.files, `${directory}/${name}`, file => crcOf(file, bytes))
  }

  /** The active has the same bytes as the file that was hashed. */
  async #same(base: Lsn): Promise<void> {
    const [wanted] = this.#todo
    if (wanted === undefined || wanted.base !== base || this.#file !== null) throw unexpected(`copy-same ${base}`)
    const { files } = this.#options
    const { name, bytes } = wanted
    await using(files, `${this.#staging}/${name}`, async to => {
      if (this.#hashed === 'own') {
        await using(files, `${this.#own}/${name}`, from => copyBytes(from, 0, bytes, to))
      } else {
        await to.truncate(bytes)
        await to.sync()
      }
    })
    this.#todo.shift()
    await this.#next()
  }

  async #chunk({ what, base, offset, bytes, crc, last }: Chunk, body: Buffer): Promise<void> {
    const [wanted] = this.#todo
    if (wanted === undefined || wanted.base !== base || wanted.what !== what) throw unexpected(`${what} ${base}`)
    if (body.length !== bytes || checksum(body, 0, bytes, 0) !== crc)
      throw unexpected(`a damaged chunk of ${wanted.name} at byte ${offset}`)
    this.#file ??= await this.#openAt(wanted, offset)
    const file = this.#file
    const end = offset + bytes
    if (file.at !== offset || end > wanted.bytes || last !== (end === wanted.bytes))
      throw unexpected(`bytes ${offset} to ${end} of ${wanted.name}, which has ${wanted.bytes}`)
    await file.handle.write(body, 0, bytes, offset)
    file.at = end
    if (!last) return
    await file.handle.sync()
    await this.#closeFile()
    this.#todo.shift()
    await this.#next()
  }

  async #openAt({ name }: Wanted, offset: number): Promise<{ handle: JournalFile; at: number }> {
    const handle = await this.#options.files.open(`${this.#staging}/${name}`)
    const at = Math.min(offset, await handle.size())
    await handle.truncate(at)
    return { handle, at }
  }

  async #closeFile(): Promise<void> {
    const file = this.#file
    this.#file = null
    await file?.handle.close()
  }

  async #finish(): Promise<void> {
    const { files, directory, meta, log } = this.#options
    const holds = await this.#verified()
    await files.syncDirectory(this.#staging)
    // Given up while it was verified: what is staged serves the next copy, and the journal in use may have gone on.
    if (this.#over) return
    await this.#options.release()
    await meta.point(this.#name)
    // From here on the copy is the journal, whatever happens.
    this.#over = true
    await settleDirectory(files, directory, meta.meta, this.#options.now(), log).catch((error: unknown) =>
      log.error(`pair: the replaced journal could not be put aside, the next start does it: ${messageOf(error)}`, {
        code: 'PAIR_COPY',
      }),
    )
    this.#link.send({ type: 'copy-done', session: this.#session })
    this.#options.done(holds)
  }

  /** A copy that does not verify is of no use to the next attempt either: it may be why. */
  async #verified(): Promise<CopyHolds> {
    const { files, log } = this.#options
    const { snapshot, segments } = this.#manifest!
    const last = segments.at(-1)
    const end = last === undefined ? lsn(0) : lsn(last.base + last.bytes)
    try {
      return await verifyCopy(files, this.#staging, end, snapshot?.lsn ?? null, log)
    } catch (error) {
      if (error instanceof TandemError && error.code !== 'JOURNAL_IO') {
        await removeAll(files, this.#staging).catch(() => undefined)
      }
      throw error
    }
  }
}

const unexpected = (what: string): TandemError => new TandemError('TWIN_COPY_FAILED', `the active sent ${what}`)
