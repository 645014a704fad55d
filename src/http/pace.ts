import type { ServerResponse } from 'node:http'
import { setImmediate as nextRound } from 'node:timers/promises'

/** Work between two looks at the sockets, in ms. */
const SLICE_MS = 4
/** ms that a client may take none of an answer; its making may take longer (a purge of millions of messages). */
const WRITE_IDLE_MS = 15_000
const MAKING_MS = 600_000
/** ms that the sending may take in all: what is not taken lies in memory. */
const SENDING_MS = 300_000
/** Characters that are handed to the socket at once. */
const CHUNK = 64 << 10

/** Lets long answers of HTTP go on one at a time, one slice in each round of the event loop: the broker comes first. */
export class Pace {
  #tail: Promise<unknown> = Promise.resolve()

  turn(): Promise<unknown> {
    this.#tail = this.#tail.then(() => nextRound())
    return this.#tail
  }
}

/** Does work that rests: a slice in each round of the event loop. */
export async function doPaced<T>(work: Generator<undefined, T, undefined>, pace: Pace): Promise<T> {
  await pace.turn()
  let slice = performance.now()
  for (;;) {
    const { done, value } = work.next()
    if (done === true) return value
    if (performance.now() - slice < SLICE_MS) continue
    await pace.turn()
    slice = performance.now()
  }
}

/**
 * Sends an answer as it is made, no faster than the client takes it. A short one goes out whole, with its length.
 * Returns when it was sent or nobody is there any more.
 */
export async function sendPieces(
  response: ServerResponse,
  pieces: AsyncIterable<string>,
  headers: Readonly<Record<string, string>>,
  pace: Pace,
): Promise<void> {
  let text = ''
  let late: NodeJS.Timeout | undefined
  const begin = (more: Readonly<Record<string, string>> = {}): void => {
    if (response.headersSent) return
    response.writeHead(200, { ...headers, ...more })
    // From now on it is the client who is waited for.
    response.socket?.setTimeout(WRITE_IDLE_MS)
    late = setTimeout(() => response.destroy(), SENDING_MS).unref()
  }
  response.socket?.setTimeout(MAKING_MS)
  let slice = performance.now()
  try {
    for await (const piece of pieces) {
      if (response.destroyed) return
      text += piece
      if (text.length >= CHUNK) {
        begin()
        if (!response.write(text)) await room(response)
        text = ''
      }
      if (performance.now() - slice < SLICE_MS) continue
      await pace.turn()
      slice = performance.now()
    }
    if (response.destroyed) return
    begin({ 'content-length': String(Buffer.byteLength(text)) })
    response.end(text)
  } finally {
    clearTimeout(late)
  }
}

/** Until the client has taken what was written, or is gone. */
const room = (response: ServerResponse): Promise<void> =>
  new Promise(resolve => {
    const go = (): void => {
      response.off('drain', go).off('close', go)
      resolve()
    }
    response.on('drain', go).on('close', go)
    if (response.destroyed) go()
  })
