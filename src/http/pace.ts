import type { ServerResponse } from 'node:http'
import { setImmediate as nextRound } from 'node:timers/promises'

/** Work between two looks at the sockets, in ms. */
const SLICE_MS = 4
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
  let started = false
  let slice = performance.now()
  for await (const piece of pieces) {
    if (response.destroyed) return
    text += piece
    if (text.length >= CHUNK) {
      if (!started) response.writeHead(200, headers)
      started = true
      if (!response.write(text)) await room(response)
      text = ''
    }
    if (performance.now() - slice < SLICE_MS) continue
    await pace.turn()
    slice = performance.now()
  }
  if (response.destroyed) return
  if (!started) response.writeHead(200, { ...headers, 'content-length': String(Buffer.byteLength(text)) })
  response.end(text)
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
