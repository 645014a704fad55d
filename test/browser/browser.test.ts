import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { started } from '../contract/consuming.ts'
import { SSL_CONTEXT, tlsFile } from '../contract/tls.ts'
import { findChromium, openPage } from './chromium.ts'
import type { Observation } from './page.ts'

const chromium = findChromium()
const inBrowser = chromium === null ? test.skip : test
if (chromium === null)
  console.log('browser: skipped, no chromium on the PATH (apt-get install chromium, or TANDEMMQ_CHROMIUM)')

/** How long the browser may take for everything, its own start included. */
const deadlineMs = 60_000
const STOMPJS = fileURLToPath(new URL('../esm6', import.meta.resolve('@stomp/stompjs')))
const INDIVIDUAL = `<destinationPolicy><policyMap><policyEntries><policyEntry queue=">"><deadLetterStrategy>
  <individualDeadLetterStrategy queuePrefix="DLQ."/></deadLetterStrategy></policyEntry></policyEntries></policyMap></destinationPolicy>`
const HTML = `<!doctype html><meta charset="utf-8"><title>STOMP</title>
<script type="importmap">{"imports":{"@stomp/stompjs":"/stompjs/index.js"}}</script>
<script type="module" src="/page.js"></script>`

/** Serves the page and its modules; `report` resolves with what the page posts. */
async function site(
  t: ExecutionContext,
  urls: readonly string[],
): Promise<{ url: string; report: Promise<Observation[]> }> {
  const { promise: report, resolve } = deferred<Observation[]>()
  const server: Server = createServer((request, response) => {
    const path = request.url ?? '/'
    if (path === '/urls') return response.end(JSON.stringify(urls))
    if (path === '/report') return void posted(request).then(text => resolve(JSON.parse(text) as Observation[]))
    if (path === '/') return response.setHeader('content-type', 'text/html').end(HTML)
    const file = path.startsWith('/stompjs/')
      ? join(STOMPJS, path.slice('/stompjs/'.length))
      : new URL('page.js', import.meta.url)
    return path.endsWith('.js')
      ? response.setHeader('content-type', 'text/javascript').end(readFileSync(file))
      : response.writeHead(404).end()
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, report }
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let settle: ((value: T) => void) | undefined
  const promise = new Promise<T>(resolve => (settle = resolve))
  return { promise, resolve: value => settle?.(value) }
}

async function posted(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

inBrowser(
  'S-WS-01, S-WS-04, S-WS-07: a page in Chromium talks over ws:// and wss:// with the published browser client',
  async t => {
    const world = await started(t, {
      body: SSL_CONTEXT + INDIVIDUAL,
      connectors: { ws: 'ws://127.0.0.1:0', wss: 'wss://127.0.0.1:0' },
    })
    const { url, report } = await site(t, [
      `ws://127.0.0.1:${world.port('ws')}`,
      `wss://127.0.0.1:${world.port('wss')}`,
    ])
    const page = openPage(chromium!, url, tlsFile('server.pem'))
    t.teardown(() => page.close())
    const late = new Promise<never>((_, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the page did not report:\n${page.said()}\n${world.lines.join('\n')}`)),
        deadlineMs,
      )
      t.teardown(() => clearTimeout(timer))
    })
    const observations = await Promise.race([report, late])
    for (const { what, right, saw } of observations) t.true(right, `${what}: ${JSON.stringify(saw)?.slice(0, 500)}`)
    t.is(observations.length, 20, observations.map(({ what }) => what).join('\n'))
  },
)
