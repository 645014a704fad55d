import type { IncomingMessage } from 'node:http'
import { Refusal } from './refusal.ts'

/** Bytes of a request's body, at most: a few flags. */
const BODY_MAX = 4096

/**
 * The JSON object in the body, with no other members than these; an empty body is `{}`. A form or a text cannot be one:
 * the content type must say JSON, which a page of another origin cannot send unasked.
 */
export async function readJson(
  request: IncomingMessage,
  members: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const type = request.headers['content-type'] ?? ''
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new Refusal(403, 'not-json', 'send Content-Type: application/json')
  const text = await readText(request, BODY_MAX)
  const body = text.trim() === '' ? {} : parse(text)
  for (const name of Object.keys(body))
    if (!members.includes(name)) throw new Refusal(400, 'bad-request', 'the body holds a member that is not known here')
  return body
}

/** The body as UTF-8. Throws 413 when it has more bytes than `max`. */
export async function readText(request: IncomingMessage, max: number): Promise<string> {
  const tooLarge = new Refusal(413, 'too-large', `a body has at most ${max} bytes`)
  // Said before anything is read; a body that hides its length ends with its connection.
  if (Number(request.headers['content-length'] ?? 0) > max) throw tooLarge
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > max) throw tooLarge
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function parse(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = null
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refusal(400, 'bad-request', 'the body is no JSON object')
  return value as Readonly<Record<string, unknown>>
}
