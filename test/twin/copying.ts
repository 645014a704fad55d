import { once, EventEmitter } from 'node:events'
import { silentLog } from '../../src/base/log.ts'
import type { Lsn } from '../../src/base/lsn.ts'
import type { Files } from '../../src/journal/journal.ts'
import type { CopyFrame, PairFrame, PairLink } from '../../src/pair/pair.ts'
import { CopySource, CopyTarget, MetaFile, settleDirectory, type CopyHolds } from '../../src/twin/twin.ts'
import type { Records } from './records.ts'

export const STORE_ID: string = 'ab'.repeat(16)

/** One end of a connection in memory. What is sent arrives in order, later; it counts as queued until then. */
class FakeLink implements PairLink {
  readonly remote = 'tcp://twin:61613'
  readonly localHost = '127.0.0.1'
  queued = 0
  queuedMax = 0
  pauses = 0
  readonly sent: PairFrame[] = []
  deliver: (frame: CopyFrame, body: Buffer) => void = () => {}
  drained: () => void = () => {}
  #cut = false

  send(frame: PairFrame, block: Buffer = Buffer.alloc(0), from = 0, to = 0): void {
    const body = Buffer.from(block.subarray(from, to))
    this.sent.push(frame)
    this.queued += body.length
    this.queuedMax = Math.max(this.queuedMax, this.queued)
    setImmediate(() => {
      this.queued -= body.length
      if (!this.#cut) this.deliver(structuredClone(frame) as CopyFrame, body)
      if (this.queued === 0) this.drained()
    })
  }
  pause(): void {
    this.pauses++
  }
  resume(): void {}
  close(): void {
    this.#cut = true
  }
}

export interface Copied {
  readonly holds: CopyHolds | null
  readonly failure: string | null
  readonly active: FakeLink
  readonly passive: FakeLink
  readonly retained: number[]
  readonly meta: MetaFile
}

export interface CopyCourse {
  /** Sees each chunk before the passive does; `cut`: the link breaks here; a Buffer: arrives instead. */
  chunk?(frame: CopyFrame & { type: 'copy-chunk' }, body: Buffer): 'cut' | Buffer | void
  /** While it runs, after the manifest. */
  running?(): Promise<void>
}

/** Runs one base copy from `from` to the data directory. Rejects when the passive's power goes. */
export async function copy(from: Records, files: Files, directory: string, course: CopyCourse = {}): Promise<Copied> {
  const active = new FakeLink()
  const passive = new FakeLink()
  const retained: number[] = []
  const ended = new EventEmitter()
  const meta = await MetaFile.open(files, directory, () => STORE_ID)
  await settleDirectory(files, directory, meta.meta, 0, silentLog)
  const source = new CopySource(active, 's', {
    files: from.files,
    directory: from.directory,
    journal: from.journal,
    snapshot: () => from.snapshot(),
    retainFrom: (at: Lsn) => void retained.push(at),
    failed: () => {},
    log: silentLog,
  })
  const target = new CopyTarget(passive, 's', {
    files,
    directory,
    meta,
    log: silentLog,
    now: () => Date.UTC(2026, 0, 31),
    release: () => Promise.resolve(),
    done: holds => ended.emit('end', holds, null),
    failed: text => ended.emit('end', null, text),
  })
  let running: Promise<void> | undefined
  active.deliver = (frame, body) => {
    if (frame.type === 'copy-manifest') running = course.running?.()
    const answer = frame.type === 'copy-chunk' ? course.chunk?.(frame, body) : undefined
    if (answer === 'cut') {
      active.close()
      passive.close()
      ended.emit('end', null, 'the link broke')
      return
    }
    const bytes = answer ?? body
    target.frame(frame, bytes, 0, bytes.length)
  }
  passive.deliver = frame => source.frame(frame)
  active.drained = () => source.drained()
  source.start()
  const [holds, failure] = (await once(ended, 'end')) as [CopyHolds | null, string | null]
  // What was sent before is delivered before this.
  await new Promise(resolve => setImmediate(resolve))
  await target.close()
  await source.close()
  await running
  return { holds, failure, active, passive, retained, meta }
}
