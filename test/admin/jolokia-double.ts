import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import type { BeanRequest } from '../../src/admin/admin.ts'

/** What a test says that a bean holds or does. A thrown `Failure` becomes an error element. */
export type Handler = (request: BeanRequest) => unknown

export class Failure {
  readonly status: number
  readonly type: string
  readonly message: string
  constructor(status: number, type: string, message: string) {
    this.status = status
    this.type = type
    this.message = message
  }
}

export interface Double {
  readonly url: string
  /** What was asked, request by request. */
  readonly asked: { readonly path: string; readonly headers: IncomingMessage['headers']; readonly body: string }[]
}

/** A stand-in that speaks Jolokia's wire format (management 1.2, 1.3), for what a real node cannot be made to do. */
export async function jolokiaDouble(t: ExecutionContext, handler: Handler): Promise<Double> {
  const asked: { path: string; headers: IncomingMessage['headers']; body: string }[] = []
  const server = createServer((request, response) => {
    void read(request).then(body => {
      asked.push({ path: request.url ?? '', headers: request.headers, body })
      const requests = JSON.parse(body) as BeanRequest[]
      response.setHeader('content-type', 'application/json;charset=utf-8')
      response.end(JSON.stringify(requests.map(one => element(one, handler))))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

function element(request: BeanRequest, handler: Handler): object {
  try {
    return { request, value: handler(request), timestamp: 1_700_000_000, status: 200 }
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown
    const { type, message, status } = thrown
    return { request, error_type: type, error: `${type} : ${message}`, status }
  }
}

async function read(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const part of request.setEncoding('utf8') as AsyncIterable<string>) body += part
  return body
}
