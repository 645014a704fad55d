import { lsn as toLsn } from '../base/lsn.ts'
import type { Files, JournalFile } from './files.ts'
import { segmentName, segmentPath, type Segment } from './segment.ts'

interface Handle {
  readonly file: Promise<JournalFile>
  users: number
  retired: boolean
}

/** Open segment files at once: far below the usual limit of descriptors, enough for readers at many places. */
const OPEN_FILES_MAX = 64

/** The open files of the segments: one handle per file, shared, closed when long unused. */
export class SegmentFiles {
  readonly #files: Files
  readonly #directory: string
  /** In the order of opening. */
  readonly #handles = new Map<number, Handle>()

  constructor(files: Files, directory: string) {
    this.#files = files
    this.#directory = directory
  }

  /** Runs `work` with the segment's file open; the file stays open at least that long. */
  async use<T>(segment: Segment, work: (file: JournalFile) => Promise<T>): Promise<T> {
    const handle = this.#handles.get(segment.base) ?? this.#open(segment)
    handle.users++
    try {
      return await work(await handle.file)
    } finally {
      handle.users--
      if (handle.retired) await this.#close(handle)
    }
  }

  /** Closes the segment's file as soon as nobody uses it. */
  async retire(segment: Segment): Promise<void> {
    const handle = this.#handles.get(segment.base)
    if (handle === undefined) return
    this.#handles.delete(segment.base)
    handle.retired = true
    await this.#close(handle)
  }

  /** Deletes the segment's file, or moves it to the archive. */
  async remove(segment: Segment, archive: string | null): Promise<void> {
    await this.retire(segment)
    const path = segmentPath(this.#directory, segment.base)
    if (archive === null) return this.#files.remove(path)
    await this.#files.list(archive)
    await this.#files.rename(path, `${archive}/${segmentName(segment.base)}`)
  }

  async close(): Promise<void> {
    for (const base of this.#handles.keys()) await this.retire({ base: toLsn(base), end: toLsn(base) })
  }

  #open(segment: Segment): Handle {
    const handle: Handle = {
      file: this.#files.open(segmentPath(this.#directory, segment.base)),
      users: 0,
      retired: false,
    }
    this.#handles.set(segment.base, handle)
    // A failed open must not stay: the next use tries again (disk full, descriptors).
    handle.file.catch(() => {
      if (this.#handles.get(segment.base) === handle) this.#handles.delete(segment.base)
    })
    if (this.#handles.size > OPEN_FILES_MAX) this.#closeUnused()
    return handle
  }

  #closeUnused(): void {
    for (const [base, handle] of this.#handles) {
      if (handle.users > 0 || this.#handles.size <= OPEN_FILES_MAX) continue
      this.#handles.delete(base)
      handle.retired = true
      void this.#close(handle)
    }
  }

  async #close(handle: Handle): Promise<void> {
    if (handle.users > 0) return
    // Everything written was synced before, or is not promised: an error of close changes nothing.
    await handle.file.then(file => file.close()).catch(() => undefined)
  }
}
