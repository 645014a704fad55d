import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Refusal } from './refusal.ts'

export interface Answer {
  readonly status: number
  /** An object is JSON, a text what `type` says. */
  readonly body: Buffer | string | object
  /** The content type; JSON or bytes unless it says otherwise. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A refusal as the short HTML page that ActiveMQ's web server sends (management J-07). */
export function asPage({ status, message }: Refusal): Answer {
  const title = `${status} ${STATUS_CODES[status] ?? ''}`
  const body = `<html>\n<head><title>Error ${title}</title></head>\n<body><h2>HTTP ERROR ${title}</h2><p>${message}</p></body>\n</html>\n`
  return { status, body, type: 'text/html;charset=utf-8' }
}

/** Writes an answer, unless one is on its way already: then it was cut short, and the client must see that. */
export function write(
  request: IncomingMessage,
  response: ServerResponse,
  { status, body, type, headers: own }: Answer,
  headers: Readonly<Record<string, string>>,
): void {
  if (response.destroyed) return
  if (response.headersSent) {
    response.destroy()
    return
  }
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : `${JSON.stringify(body)}\n`)
  const otherwise = Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json; charset=utf-8'
  // A body that nobody read would be taken for the next request.
  const close = request.complete ? {} : { connection: 'close' }
  response.writeHead(status, {
    'content-type': type ?? otherwise,
    'content-length': bytes.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...close,
    ...headers,
    ...own,
  })
  response.end(bytes)
}
