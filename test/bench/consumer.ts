import { Connection } from './connection.ts'
import type { ConnectionUser } from './connection.ts'
import type { Course } from './course.ts'
import { isOfRun, producerOf, sequenceOf } from './frames.ts'
import type { LoadOptions } from './options.ts'

/** Subscribes to one destination, enters each message in the ledger and acknowledges as the options say. */
export class Consumer implements ConnectionUser {
  readonly #options: LoadOptions
  readonly #course: Course
  readonly #index: number
  readonly #connection: Connection
  #acks = ''
  #lastAck = ''
  #unacked = 0
  #subscribed = false

  constructor(options: LoadOptions, course: Course, index: number) {
    this.#options = options
    this.#course = course
    this.#index = index
    this.#connection = new Connection(options, course, this)
  }

  /** Acknowledges what a batch left over, then says DISCONNECT. */
  leave(): void {
    if (this.#unacked > 0) this.#acknowledge()
    this.#flush()
    this.#connection.leave()
  }

  destroy(): void {
    this.#connection.destroy()
  }

  connected(): void {
    const { kind, prefix, dests, ack, prefetch, subscribeHeaders } = this.#options
    const lines = [
      'SUBSCRIBE',
      'id:0',
      `destination:${kind}${prefix}${this.#index % dests}`,
      `ack:${ack}`,
      'receipt:sub',
    ]
    if (prefetch > 0) lines.push(`activemq.prefetchSize:${prefetch}`, `prefetch-count:${prefetch}`)
    this.#connection.write(`${[...lines, ...subscribeHeaders].join('\n')}\n\n\0`)
  }

  receipt(): void {
    if (this.#subscribed) return this.#course.ledger.stray()
    this.#subscribed = true
    this.#course.ready()
  }

  message(bytes: Buffer, bodyAt: number, bodyLength: number, ackAt: number, ackEnd: number): void {
    const course = this.#course
    const { size, messages, ack, ackBatch, unmeasured } = this.#options
    if (bodyLength !== size || !isOfRun(bytes, bodyAt, course.run)) return course.ledger.stray()
    const producer = producerOf(bytes, bodyAt)
    const sequence = sequenceOf(bytes, bodyAt)
    if (course.ledger.message(this.#index, producer, sequence) && sequence >= unmeasured)
      course.deliveries.addMs(course.now - (course.sentAt[producer * messages + sequence] as number))
    if (ack === 'auto') return
    this.#lastAck = bytes.toString('latin1', ackAt, ackEnd)
    this.#unacked += 1
    if (ack === 'client-individual' || this.#unacked >= ackBatch) this.#acknowledge()
  }

  error(text: string): void {
    this.#course.failed(text)
  }

  scanned(): void {
    this.#flush()
    this.#course.progress()
  }

  #acknowledge(): void {
    this.#acks += `ACK\nid:${this.#lastAck}\n\n\0`
    this.#unacked = 0
  }

  #flush(): void {
    if (this.#acks === '') return
    this.#connection.write(this.#acks)
    this.#acks = ''
  }
}
