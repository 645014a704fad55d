import type { X509Certificate } from 'node:crypto'
import { constants } from 'node:fs'
import { access, open, readFile, rm, stat, statfs } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import type { SecureContextOptions } from 'node:tls'
import { soonDays } from '../base/certificate-end.ts'
import { TandemError, messageOf } from '../base/errors.ts'
import type { BrokerConfig } from '../config/config.ts'
import { loadClientTls, loadTls, ownCertificates } from '../security/security.ts'
import { checkPlace, size } from '../server/server.ts'

/** What was found about one thing of this machine. */
export interface Check {
  readonly status: 'ok' | 'note' | 'warning' | 'error'
  readonly subject: string
  readonly text: string
  readonly next: string | null
}

const check = (status: Check['status'], subject: string, text: string, next: string | null = null): Check => ({
  status,
  subject,
  text,
  next,
})

/** Files that are open besides connections: the journal's, the listeners', what Node itself holds. */
const OWN_FILES = 200
/** Connections that are worth having room for where a connector has no limit of its own. */
const USUAL_CONNECTIONS = 4000

/** Null: this system does not tell. */
export async function checkOpenFiles({ connectors }: BrokerConfig): Promise<Check | null> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  const soft = /^Max open files +(\d+|unlimited)/m.exec(limits)?.[1]
  if (soft === undefined) return null
  const clients = connectors.reduce((sum, { maximumConnections }) => sum + maximumConnections, 0)
  const limited = clients < 1_000_000
  const wanted = (limited ? clients : USUAL_CONNECTIONS) + OWN_FILES
  const text = `${soft} may be open, and ${limited ? clients : 'any number of'} clients may connect`
  if (soft === 'unlimited' || Number(soft) >= wanted) return check('ok', 'open files', text)
  return check('warning', 'open files', text, `LimitNOFILE=${wanted} in the systemd unit, or ulimit -n ${wanted}`)
}

/** Memory that Node needs besides the messages. */
const OWN_MEMORY = 256 << 20

export function checkMemory({ usage }: BrokerConfig): Check {
  const constrained = process.constrainedMemory() ?? 0
  const there = constrained > 0 ? Math.min(totalmem(), constrained) : totalmem()
  const text = `memoryUsage is ${size(usage.memoryLimit)}, and ${size(there)} are there`
  if (usage.memoryLimit + OWN_MEMORY <= there) return check('ok', 'memory', text)
  return check('warning', 'memory', text, 'lower memoryUsage, or the system ends the broker when it is full')
}

/** The directory itself, or the nearest one above that is there. */
async function nearest(path: string): Promise<string> {
  for (let place = path; ; place = dirname(place)) {
    const found = await stat(place).catch(() => null)
    if (found !== null || place === dirname(place)) return place
  }
}

/** What a start refuses when it looks at the disk: a network file system, limits that do not fit. Writes nothing. */
export function checkRefusals(config: BrokerConfig): readonly Check[] {
  try {
    checkPlace(config)
    return []
  } catch (error) {
    if (!(error instanceof TandemError)) throw error
    return [check('error', 'data', error.message, error.hint ?? null)]
  }
}

/** The directory itself. Writes nothing. */
export async function checkDirectory({ store, usage }: BrokerConfig): Promise<readonly Check[]> {
  if (store.kind === 'memory') return [check('note', 'data', 'messages are kept in memory: a restart forgets them')]
  const place = await nearest(store.directory)
  const isThere = place === store.directory
  if (!(await stat(place)).isDirectory())
    return [check('error', 'data', `${place} is no directory`, 'move it away, or name another dataDirectory')]
  try {
    await access(place, constants.W_OK | constants.X_OK)
  } catch (error) {
    return [
      check('error', 'data', `${place} cannot be written to: ${messageOf(error)}`, 'run as its owner, or chown it'),
    ]
  }
  const { blocks, bavail, bsize } = await statfs(place)
  const free = bavail * bsize
  const text = `${store.directory}${isThere ? '' : ' will be made'}; ${size(free)} of ${size(blocks * bsize)} are free`
  const room = check('ok', 'data', text)
  const full = check(
    'warning',
    'data',
    `${text}, and storeUsage is ${size(usage.storeLimit)}`,
    'senders wait when it is full',
  )
  return [free * 20 < blocks * bsize ? full : room]
}

/** Writes of one probe, and ms of the slower half beyond which it is worth a word. */
const PROBES = 30
const SLOW_MS = 20

/**
 * How long one write that must be on the disk takes there: what a receipt waits for, when nobody else sends. Writes one small
 * file, and removes it.
 */
export async function checkLatency({ store }: BrokerConfig): Promise<Check | null> {
  if (store.kind === 'memory') return null
  const directory = await nearest(store.directory)
  const path = join(directory, `.tandemmq-doctor-${process.pid}`)
  const times: number[] = []
  try {
    const file = await open(path, 'wx')
    try {
      for (let i = 0; i < PROBES; i++) {
        const began = performance.now()
        await file.write(Buffer.alloc(4096), 0, 4096, i * 4096)
        await file.datasync()
        times.push(performance.now() - began)
      }
    } finally {
      await file.close()
      await rm(path, { force: true })
    }
  } catch (error) {
    return check('error', 'disk', `a file in ${directory} cannot be written: ${messageOf(error)}`)
  }
  const sorted = times.toSorted((a, b) => a - b)
  const [half = 0, worst = 0] = [sorted[PROBES >> 1], sorted.at(-1)]
  const text = `a write is on the disk after ${half.toFixed(1)} ms, of ${PROBES} the slowest after ${worst.toFixed(1)} ms`
  if (half < SLOW_MS) return check('ok', 'disk', text)
  return check('warning', 'disk', text, 'every receipt waits so long: a local SSD is quicker, a network disk never is')
}

/** `running`: the pid of a broker of this data directory, which has its ports already. */
export async function checkPorts(
  { connectors, http }: BrokerConfig,
  running: number | null,
): Promise<readonly Check[]> {
  const opened = connectors.filter(({ autoStart }) => autoStart)
  const places = opened.map(({ name, host, port }) => ({ name: `connector "${name}"`, host, port }))
  if (http !== null) places.push({ name: 'HTTP', host: http.host, port: http.port })
  return Promise.all(
    places
      .filter(({ port }) => port !== 0)
      .map(async ({ name, host, port }) => {
        const at = `${host}:${port}`
        const why = await cannotListen(host, port)
        if (why === null) return check('ok', 'port', `${at} is free for ${name}`)
        if (why === 'EADDRINUSE' && running !== null)
          return check('ok', 'port', `${at} of ${name} is in use; the broker that runs (pid ${running}) may have it`)
        if (why === 'EADDRINUSE')
          return check(
            'error',
            'port',
            `${at} for ${name} is taken by another program`,
            `who: ss -ltnp 'sport = :${port}'`,
          )
        return check('error', 'port', `${at} cannot be opened for ${name}: ${why}`, HINTS[why] ?? null)
      }),
  )
}

const HINTS: Readonly<Record<string, string>> = {
  EACCES: 'a port below 1024 takes the right to it: choose another, or AmbientCapabilities=CAP_NET_BIND_SERVICE',
  EADDRNOTAVAIL: 'this machine has no such address; 0.0.0.0 is all that it has',
  ENOTFOUND: 'no address is known for this name',
}

/** The error's code; null: it can. */
function cannotListen(host: string, port: number): Promise<string | null> {
  const server = createServer()
  return new Promise(resolve => {
    server.once('error', error => resolve('code' in error ? String(error.code) : messageOf(error)))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)))
  })
}

const DAY_MS = 86_400_000

/** Certificates that TLS connectors, the HTTP interface and a passive show, and for how long they are good. `now` in ms since 1970. */
export function checkCertificates(config: BrokerConfig, now: number): readonly Check[] {
  const found = new Map<string, X509Certificate>()
  try {
    for (const keys of shownKeys(config)) for (const one of ownCertificates(keys)) found.set(one.fingerprint256, one)
  } catch (error) {
    return [check('error', 'certificate', messageOf(error), 'tandemmq validate says more')]
  }
  return [...found.values()].map(({ subject, validTo }) => {
    const days = Math.floor((Date.parse(validTo) - now) / DAY_MS)
    const name = subject.split('\n').join(', ')
    if (days < 0) return check('error', 'certificate', `${name} is no longer good, since ${validTo}`, RENEW)
    if (days < soonDays) return check('warning', 'certificate', `${name} is good for ${days} days`, RENEW)
    return check('ok', 'certificate', `${name} is good until ${validTo}`)
  })
}

const RENEW = 'renew it in the key store, then tandemmq reload'

function* shownKeys({ connectors, tls, http, pair }: BrokerConfig): Generator<SecureContextOptions> {
  if (tls !== null) {
    for (const { tls: secure, needClientAuth, wantClientAuth, enabledProtocols, enabledCipherSuites } of connectors)
      if (secure)
        yield loadTls({ ...tls, needClientAuth, wantClientAuth, enabledProtocols, enabledCipherSuites })
          .secureContextOptions
    if (pair.activeConnector?.uris.some(uri => uri.startsWith('ssl:')) === true)
      yield loadClientTls({ ...tls, ...NOTHING_ASKED })
  }
  for (const one of http?.web?.secure ?? []) yield loadTls(one).secureContextOptions
}

const NOTHING_ASKED = {
  needClientAuth: false,
  wantClientAuth: false,
  enabledProtocols: null,
  enabledCipherSuites: null,
} as const

/** Is somebody at the address that a passive looks for its active at? Who, `pair check` and the log say. */
export async function checkPeer({ pair }: BrokerConfig): Promise<readonly Check[]> {
  const uris = pair.activeConnector?.uris ?? []
  return Promise.all(
    uris.map(async uri => {
      const [, host = '', port = ''] = /^\w+:\/\/\[?([^\]]*?)\]?:(\d+)$/.exec(uri) ?? []
      const why = await cannotReach(host, Number(port))
      if (why === null) return check('ok', 'twin', `${uri} answers`)
      const next = 'start the active; "tandemmq pair check" says whether the two files make a pair'
      return check('warning', 'twin', `${uri} does not answer: ${why}`, next)
    }),
  )
}

const REACH_MS = 2000

function cannotReach(host: string, port: number): Promise<string | null> {
  const socket = connect({ host, port, timeout: REACH_MS })
  return new Promise<string | null>(resolve => {
    socket.once('connect', () => resolve(null))
    socket.once('timeout', () => resolve(`nothing within ${REACH_MS} ms`))
    socket.once('error', error => resolve(messageOf(error)))
  }).finally(() => socket.destroy())
}
