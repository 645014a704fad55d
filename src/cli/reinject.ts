import { TandemError, messageOf } from '../base/errors.ts'
import type { Lsn } from '../base/lsn.ts'
import { ADVISORY, MAP, type Files, type JournalFile } from '../journal/journal.ts'
import { isForwarded, type StompConnection } from '../client/client.ts'
import { Version, decode } from '../stomp/stomp.ts'
import { visitTail, type TailListing, type TailMessage } from '../twin/twin.ts'

/** Where a message goes to, instead of where it was. */
export interface Reinjection {
  readonly destination: string | null
  readonly client: Pick<StompConnection, 'receipted'>
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
        const map = mapPayload(message)
        const headers = headersOf(message)
        // A map has to be sent as it was: with a length it would be a bytes message (stomp S-TRF-02).
        if (map === null) headers.push(['content-length', String(message.body.length)])
        await client.receipted('SEND', [['destination', to], ...headers], map ?? message.body)
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

/** Lines of the journal that are sent to nobody (journal/record.ts). */
const HIDDEN = new Set([MAP, ADVISORY, '@destination'])

/** What a producer may set, as it was; 0 for expires and an empty type say nothing. */
function headersOf({ headers, priority, text }: TailMessage): [string, string][] {
  const sent: [string, string][] = [
    ['persistent', 'true'],
    ['priority', String(priority)],
    ['amq-msg-type', text ? 'text' : 'bytes'],
  ]
  for (const line of headers.split('\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon))
    const value = decode(line.slice(colon + 1), Version.v12)
    if (name === 'message-id') sent.push(['tandemmq-salvaged-id', value])
    else if (isForwarded(name, value) && !HIDDEN.has(name)) sent.push([name, value])
  }
  return sent
}

/** The payload of a map message, which its hidden line holds (journal/record.ts); null: it is none. */
function mapPayload({ headers }: TailMessage): Buffer | null {
  const line = headers.split('\n').find(each => each.startsWith(`${MAP}:`) && each !== `${MAP}:body`)
  if (line === undefined) return null
  const value = decode(line.slice(MAP.length + 1), Version.v12)
  return Buffer.from(value.slice(value.indexOf(':') + 1), 'utf8')
}
