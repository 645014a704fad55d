import { request as plainRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { messageOf } from '../base/errors.ts'
import { AdminError } from './error.ts'

export interface Exchange {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** ms until the whole answer must be here. */
  readonly timeoutMs: number
}

export interface Reply {
  readonly status: number
  readonly body: Buffer
}

/** Bytes of an answer, at most: ten thousand destinations with all their attributes are some 30 MB. */
const ANSWER_MAX = 128 << 20

/**
 * One request on a connection of its own, so that none is lost on one that the node was about to close. Redirects are
 * not followed: the login would go where nobody sent it. Rejects AdminError `unreachable` or `timeout`.
 */
export async function exchange(url: string, { body, ...asked }: Exchange): Promise<Reply> {
  const { protocol, hostname, port } = new URL(url)
  const options: RequestOptions = {
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    path: asked.path,
    method: asked.method,
    headers: { ...asked.headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
    agent: false,
  }
  const request = protocol === 'https:' ? (await import('node:https')).request(options) : plainRequest(options)
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      fail(new AdminError('timeout', `${url} did not answer within ${asked.timeoutMs} ms`, { hint: SLOW }))
    }, asked.timeoutMs)
    const fail = (error: AdminError): void => {
      clearTimeout(late)
      reject(error)
      request.destroy()
    }
    const broken = (error: Error): void => {
      const hint = 'code' in error && UNTRUSTED.test(String(error.code)) ? CERTIFICATE : SILENT
      fail(new AdminError('unreachable', `${url} does not answer: ${reason(error)}`, { hint }))
    }
    request.on('error', broken)
    request.on('response', response => {
      readBody(response).then(got => {
        clearTimeout(late)
        resolve({ status: response.statusCode ?? 0, body: got })
      }, broken)
    })
    request.end(body)
  })
}

const SILENT = 'is it running, and is this the address of its HTTP interface? --url names another'
const UNTRUSTED = /CERT|UNABLE_TO_VERIFY|SELF_SIGNED/
const CERTIFICATE =
  'NODE_EXTRA_CA_CERTS=FILE in the environment names a CA to trust; the URL must have the name of the certificate'
const SLOW = 'it may be busy: --timeout gives it longer'

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > ANSWER_MAX) throw new Error(`its answer is longer than ${ANSWER_MAX} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** Of two addresses that both refuse, Node says nothing but a code. */
function reason(error: Error): string {
  const text = messageOf(error)
  return text === '' && 'code' in error ? String(error.code) : text
}
