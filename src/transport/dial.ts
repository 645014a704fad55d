import { connect as connectTcp, type OnReadOpts, isIP } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type SecureContextOptions } from 'node:tls'
import { messageOf } from '../base/errors.ts'
import {
  isByNumber,
  readTwinUris,
  type Checksum,
  type PairLink,
  type PairLinkEvents,
  type TwinUri,
} from '../pair/pair.ts'
import { DialledLink } from './dialled-link.ts'

export interface DialOptions {
  /** As ActiveMQ writes them: `tcp://host:port`, `failover:(a,b)?…`. Tried in order. */
  readonly uris: readonly string[]
  readonly login?: string | undefined
  readonly passcode?: string | undefined
  /** For `ssl` URIs; null: what the platform trusts, no certificate of our own. */
  readonly tls: SecureContextOptions | null
  /** For each URI: from the first packet to the accepted SUBSCRIBE. */
  readonly connectTimeoutMs: number
  /** CRC-32 of [from, to), continuing from `seed`: the journal's `checksum`. */
  readonly checksum: Checksum
  readonly signal?: AbortSignal | undefined
  /** The id of our SUBSCRIBE, by which a node knows its own. */
  readonly subscription: string
  /** Asked when an address let us in: is it this node itself, which has seen that id come in? Then the next one is tried. */
  readonly leadsBack: (uri: string) => boolean
}

/**
 * refused: every address answered that nobody listens there (its process is dead). unreachable: no answer, or none in time.
 * rejected: somebody answered and will not have us, or the URI, the certificate or the login is wrong: retrying alone will not help.
 */
export type DialWhy = 'refused' | 'unreachable' | 'rejected'

/** `text` is for the log: which address said what. */
export class DialFailure extends Error {
  readonly why: DialWhy
  readonly text: string
  /** It led back to this node, which says nothing of the twin. */
  readonly back: boolean
  /** Its host name means nothing on this machine. */
  readonly nameless: boolean
  constructor(why: DialWhy, text: string, back = false, nameless = false) {
    super(text)
    this.name = 'DialFailure'
    this.why = why
    this.text = text
    this.back = back
    this.nameless = nameless
  }
}

/**
 * A link to the first of the URIs that takes us in. Rejects with a DialFailure. Heart-beats are agreed on as none, because
 * the pair has its own. The first frame comes after this resolved; `events` are not called before, nor when it rejects.
 */
export async function dial(options: DialOptions, events: PairLinkEvents): Promise<PairLink> {
  const uris = readTwinUris(options.uris)
  if ('problem' in uris) throw new DialFailure('rejected', uris.problem)
  const failures: DialFailure[] = []
  for (const uri of uris) {
    if (options.signal?.aborted === true) throw new DialFailure('unreachable', 'given up')
    try {
      return await dialOne(uri, options, events)
    } catch (error) {
      if (!(error instanceof DialFailure)) throw error
      failures.push(error)
    }
  }
  const byNumber = uris.map(uri => uris.some(other => isByNumber(uri, other)))
  const others = failures.filter(({ back, nameless }, at) => !back && !(nameless && byNumber[at] === true))
  const refused = others.length > 0 && others.every(failure => failure.why === 'refused')
  const why = others.find(failure => failure.why === 'rejected')?.why ?? (refused ? 'refused' : 'unreachable')
  throw new DialFailure(why, failures.map(({ text }) => text).join('; '))
}

function dialOne(uri: TwinUri, options: DialOptions, events: PairLinkEvents): Promise<PairLink> {
  return new Promise((resolve, reject) => {
    const { connectTimeoutMs, signal, login, passcode, checksum, subscription } = options
    const scheme = uri.tls ? 'ssl' : 'tcp'
    const remote = `${scheme}://${uri.host.includes(':') ? `[${uri.host}]` : uri.host}:${uri.port}`
    let open = false
    let link: DialledLink | null = null
    const socket = uri.tls
      ? connectTls(tlsOptions(uri, options.tls))
      : connectTcp({ ...place(uri), onread: intoOneBuffer(chunk => link?.received(chunk)) })
    const settle = (run: () => void): void => {
      clearTimeout(late)
      signal?.removeEventListener('abort', aborted)
      run()
    }
    const fail = (why: DialWhy, text: string, back = false, nameless = false): void => {
      settle(() => reject(new DialFailure(why, `${remote}: ${text}`, back, nameless)))
      socket.on('error', () => {})
      socket.destroy()
    }
    const aborted = (): void => fail('unreachable', 'given up')
    const late = setTimeout(() => fail('unreachable', `no answer within ${connectTimeoutMs} ms`), connectTimeoutMs)
    signal?.addEventListener('abort', aborted, { once: true })
    socket.setNoDelay(true)
    socket.once('connect', () => (open = true))
    const failed = (error: Error): void => fail(whyOf(error, open), textOf(error), false, isNameless(error))
    socket.once('error', failed)
    socket.once(uri.tls ? 'secureConnect' : 'connect', () => {
      socket.off('error', failed)
      const said = { remote, host: uri.host, login, passcode, checksum, subscription }
      link = new DialledLink(socket, said, events, answer => {
        if (answer.is === 'accepted' && options.leadsBack(uri.text)) {
          link!.close()
          fail('unreachable', 'it leads back to this node', true)
        } else if (answer.is === 'accepted') settle(() => resolve(link!))
        else fail(answer.is === 'rejected' ? 'rejected' : 'unreachable', answer.text)
      })
    })
  })
}

/**
 * A journal comes in by the gigabyte: read into a buffer of its own each time, most of the work would be the collector's.
 * The link copies what it keeps of a chunk.
 */
function intoOneBuffer(received: (chunk: Buffer) => void): OnReadOpts {
  const buffer = Buffer.allocUnsafeSlow(readBytes)
  return {
    buffer,
    callback: bytes => {
      received(buffer.subarray(0, bytes))
      return true
    },
  }
}
const readBytes = 1024 * 1024

const place = ({ host, port }: TwinUri): { host: string; port: number } => ({ host, port })

/** The certificate must be trusted and, unless the URI says otherwise, be the host's: Node's defaults. */
function tlsOptions(uri: TwinUri, tls: SecureContextOptions | null): ConnectionOptions {
  return {
    ...tls,
    ...place(uri),
    ...(isIP(uri.host) === 0 ? { servername: uri.host } : uri.serverName !== null && { servername: uri.serverName }),
    ...(!uri.verifyHostName && { checkServerIdentity: () => undefined }),
  }
}

/** Behind an open TCP connection only TLS can fail in a way that a retry will not mend. */
function whyOf(error: Error, open: boolean): DialWhy {
  if (open) return 'code' in error && error.code === 'ECONNRESET' ? 'unreachable' : 'rejected'
  return refuses(error) ? 'refused' : 'unreachable'
}

/** A host of several addresses refuses when each of them does. */
const refuses = (error: Error): boolean =>
  error instanceof AggregateError
    ? error.errors.length > 0 && error.errors.every(each => each instanceof Error && refuses(each))
    : 'code' in error && error.code === 'ECONNREFUSED'

const isNameless = (error: Error): boolean =>
  'code' in error && (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN' || error.code === 'EAI_NONAME')

const textOf = (error: Error): string =>
  error instanceof AggregateError ? error.errors.map(each => messageOf(each)).join(', ') : messageOf(error)

/** refused: all of them refuse, so the process is dead. open: one is accepted. silent: anything else. TCP only. */
export type Probed = 'refused' | 'open' | 'silent'

/** All at once, but for those that are not the twin's. Never rejects. No usable URI is `silent`: it proves nothing. */
export async function probe(
  uris: readonly string[],
  timeoutMs: number,
  without: ReadonlySet<string> = new Set(),
): Promise<Probed> {
  const places = readTwinUris(uris)
  if ('problem' in places) return 'silent'
  const others = places.filter(({ text }) => !without.has(text))
  const probed = await Promise.all(others.map(uri => probeOne(uri, timeoutMs)))
  // A name that means nothing here is no door, where the same one is known by number.
  const doors = probed.filter(
    (answer, at) => answer !== 'nameless' || !others.some(each => isByNumber(others[at]!, each)),
  )
  const answers = doors.map(answer => (answer === 'nameless' ? 'silent' : answer))
  if (answers.includes('open')) return 'open'
  return answers.length > 0 && answers.every(answer => answer === 'refused') ? 'refused' : 'silent'
}

function probeOne(uri: TwinUri, timeoutMs: number): Promise<Probed | 'nameless'> {
  return new Promise(resolve => {
    const socket = connectTcp(place(uri))
    const answer = (probed: Probed | 'nameless'): void => {
      clearTimeout(late)
      resolve(probed)
      socket.destroy()
    }
    const late = setTimeout(() => answer('silent'), timeoutMs)
    socket.once('connect', () => answer('open'))
    socket.on('error', error => answer(refuses(error) ? 'refused' : isNameless(error) ? 'nameless' : 'silent'))
  })
}
