import { Connection } from './connection.ts'
import type { ConnectionUser } from './connection.ts'
import type { Course } from './course.ts'
import { decimal, layOutSend, patchSend } from './frames.ts'
import type { SendLayout } from './frames.ts'
import type { LoadOptions } from './options.ts'

/** Bytes of SENDs one write carries at most. */
const WRITE_BYTES_MAX = 256 * 1024
/** Buffers of SENDs: one being written, one being filled. */
const BUFFERS = 2

/** Sends its messages as fast as window and rate allow: one write per turn of the event loop, from reused buffers. */
export class Producer implements ConnectionUser {
  readonly #options: LoadOptions
  readonly #course: Course
  readonly #index: number
  readonly #connection: Connection
  readonly #layout: SendLayout
  readonly #framesMax: number
  readonly #buffers: Buffer[] = []
  #sent = 0
  #awaited = 0
  #startedAt = Infinity
  #planned = false

  constructor(options: LoadOptions, course: Course, index: number) {
    this.#options = options
    this.#course = course
    this.#index = index
    this.#layout = layOutSend({
      destination: `${options.kind}${options.prefix}${index % options.dests}`,
      persistent: options.persistent,
      headers: options.headers,
      size: options.size,
      run: course.run.toString(),
      producer: index,
    })
    const length = this.#layout.bytes.length
    this.#framesMax = Math.max(1, Math.trunc(WRITE_BYTES_MAX / length))
    for (let i = 0; i < BUFFERS; i += 1) this.#buffers.push(Buffer.alloc(this.#framesMax * length, this.#layout.bytes))
    this.#connection = new Connection(options, course, this)
  }

  start(): void {
    this.#startedAt = performance.now()
    this.#plan()
  }

  /** Sends what a fixed rate has made due. */
  tick(): void {
    this.#plan()
  }

  leave(): void {
    this.#connection.leave()
  }

  destroy(): void {
    this.#connection.destroy()
  }

  connected(): void {
    this.#course.ready()
  }

  receipt(bytes: Buffer, idAt: number, idEnd: number): void {
    const sequence = decimal(bytes, idAt, idEnd)
    if (!this.#course.ledger.receipt(this.#index, sequence)) return
    this.#awaited -= 1
    if (sequence < this.#options.unmeasured) return
    this.#course.receipts.addMs(this.#course.now - (this.#course.sentAt[this.#at(sequence)] as number))
  }

  message(): void {
    this.#course.ledger.stray()
  }

  error(text: string): void {
    this.#course.failed(text)
  }

  scanned(): void {
    this.#plan()
    this.#course.progress()
  }

  #plan(): void {
    if (this.#planned || this.#sent >= this.#options.messages) return
    this.#planned = true
    setImmediate(() => {
      this.#planned = false
      this.#produce()
    })
  }

  /** How many SENDs may go now. */
  #allowed(now: number): number {
    const { messages, receipt, window, rate } = this.#options
    let count = Math.min(messages - this.#sent, this.#framesMax)
    if (receipt > 0) count = Math.min(count, window - this.#awaited)
    if (rate > 0) count = Math.min(count, Math.floor(((now - this.#startedAt) * rate) / 1000) + 1 - this.#sent)
    return now < this.#startedAt ? 0 : count
  }

  #produce(): void {
    const now = performance.now()
    const count = this.#allowed(now)
    const buffer = count > 0 ? this.#buffers.pop() : undefined
    if (buffer === undefined) return
    const { receipt, messages } = this.#options
    const length = this.#layout.bytes.length
    for (let i = 0; i < count; i += 1) {
      const sequence = this.#sent + i
      const asks = receipt > 0 && ((sequence + 1) % receipt === 0 || sequence + 1 === messages)
      patchSend(buffer, i * length, this.#layout, sequence, asks)
      this.#course.sentAt[this.#at(sequence)] = now
      if (!asks) continue
      this.#awaited += 1
      this.#course.ledger.asked(this.#index, sequence)
    }
    this.#sent += count
    this.#connection.write(buffer.subarray(0, count * length), () => {
      this.#buffers.push(buffer)
      this.#course.unsent -= count
      this.#plan()
      // without receipts nothing else tells the end; with them the last may have been read before this
      if (this.#course.unsent === 0) this.#course.progress()
    })
  }

  #at(sequence: number): number {
    return this.#index * this.#options.messages + sequence
  }
}
