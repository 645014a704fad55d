import { TandemError, messageOf } from '../base/errors.ts'
import type { Lsn } from '../base/lsn.ts'
import type { Files, JournalFile } from '../journal/journal.ts'
import { visitTail, type TailListing, type TailMessage } from '../twin/twin.ts'
import type { StompClient } from './stomp-client.ts'

/** Where a message goes to, instead of where it was. */
export interface Reinjection {
  readonly destination: string | null
  readonly client: Pick<StompClient, 'send'>
}

export interface Reinjected {
  sent: number
  /** Sent and receipted by an earlier call. */
  already: number
  /** In a temporary queue or topic, whose owner is gone, or in a destination that nobody can name. */
  skipped: number
}

export const PROGRESS_NAME = 'progress.log'
/** A position as 16 decimal digits, and LF: a torn last line is shorter. */
const LINE_BYTES = 17

/**
 * What was receipted so far. A line is on disk before the next message is sent, so a repeated call sends nothing twice
 * that was receipted; only a process killed between a receipt and its line repeats that one message.
 */
class Progress {
  readonly #file: JournalFile
  #size: number
  readonly #sent: ReadonlySet<number>

  private constructor(file: JournalFile, size: number, sent: ReadonlySet<number>) {
    this.#file = file
    this.#size = size
    this.#sent = sent
  }

  static async open(files: Files, salvage: string): Promise<Progress> {
    const file = await files.open(`${salvage}/${PROGRESS_NAME}`)
    const lines = Buffer.alloc(await file.size())
    for (let at = 0; at < lines.length;) {
      const got = await file.read(lines, at, lines.length, at)
      if (got === 0) break
      at += got
    }
    const sent = new Set<number>()
    let size = 0
    for (; size + LINE_BYTES <= lines.length; size += LINE_BYTES) {
      const line = lines.toString('latin1', size, size + LINE_BYTES)
      if (!/^\d{16}\n$/.test(line))
        throw new TandemError('TWIN_SALVAGE', `${salvage}/${PROGRESS_NAME} is damaged at byte ${size}`)
      sent.add(Number(line))
    }
    await files.syncDirectory(salvage)
    return new Progress(file, size, sent)
  }

  has(at: Lsn): boolean {
    return this.#sent.has(at)
  }

  async add(at: Lsn): Promise<void> {
    const line = Buffer.from(`${String(at).padStart(16, '0')}\n`)
    await this.#file.write(line, 0, LINE_BYTES, this.#size)
    await this.#file.sync()
    this.#size += LINE_BYTES
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

/**
 * Sends the messages of an exported tail that are not known to have been sent, in order, one receipt at a time. Counts
 * into `counts`, which is right also when it rejects: the broker refused, the connection broke, the tail is damaged.
 */
export async function reinject(
  files: Files,
  salvage: string,
  listing: TailListing,
  { destination, client }: Reinjection,
  counts: Reinjected,
): Promise<void> {
  const progress = await Progress.open(files, salvage)
  try {
    await visitTail(files, salvage, listing, async message => {
      if (progress.has(message.lsn)) {
        counts.already++
        return
      }
      const to = destination ?? stompDestination(message.destination)
      if (to === null) {
        counts.skipped++
        return
      }
      try {
        await client.send(to, headerLines(message), message.body)
      } catch (cause) {
        throw new Error(`the message at ${message.lsn} for ${to}: ${messageOf(cause)}`, { cause })
      }
      await progress.add(message.lsn)
      counts.sent++
    })
  } finally {
    await progress.close()
  }
}

/** `queue://a` as `/queue/a`, a list of them likewise; null when there is nobody to send it to. */
function stompDestination(uris: string): string | null {
  const all = uris.split(',').map(uri => /^(queue|topic):\/\/(.*)$/s.exec(uri))
  if (all.includes(null)) return null
  return all.map(match => `/${match?.[1]}/${match?.[2]}`).join(',')
}

/** What the broker says about a message, not its producer; and what this sends itself. */
const NOT_FROM_THE_PRODUCER = new Set([
  'message-id',
  'destination',
  'subscription',
  'redelivered',
  'ack',
  'receipt',
  'transaction',
  'persistent',
  'priority',
  'content-length',
  'amq-msg-type',
  'original-destination',
  'browser',
  'JMSXUserID',
  'JMSXDeliveryCount',
  'JMSRedelivered',
  '@destination',
  // It has waited already.
  'AMQ_SCHEDULED_DELAY',
  'AMQ_SCHEDULED_PERIOD',
  'AMQ_SCHEDULED_REPEAT',
  'AMQ_SCHEDULED_CRON',
])

/** The lines that a producer may set, as they are; 0 for expires and an empty type say nothing. */
function headerLines({ headers, priority, text }: TailMessage): string {
  let lines = `persistent:true\npriority:${priority}\namq-msg-type:${text ? 'text' : 'bytes'}\n`
  for (const line of headers.split('\n')) {
    const name = line.slice(0, line.indexOf(':'))
    if (name === '' || NOT_FROM_THE_PRODUCER.has(name) || line === 'expires:0') continue
    lines += `${line}\n`
  }
  const id = /^message-id:(.*)$/m.exec(headers)?.[1]
  return id === undefined ? lines : `${lines}tandemmq-salvaged-id:${id}\n`
}
