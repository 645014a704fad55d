import { hostname } from 'node:os'
import type { SecureContextOptions } from 'node:tls'
import { messageOf } from '../base/errors.ts'
import { lsn, type Lsn } from '../base/lsn.ts'
import { PAIR_LOGIN, type Identity, type ReplicationPort } from '../broker/broker.ts'
import { isLoopback, type BrokerConfig, type ConnectorConfig } from '../config/config.ts'
import { checksum } from '../journal/journal.ts'
import type { Hello, PairFrame, PairLink, PairLinkEvents, PeerIdentity } from '../pair/pair.ts'
import { dial, probe, type Probed } from '../transport/transport.ts'
import { CopySource, CopyTarget, type ComparePort, type CopyRun, type PairHost, type StoreFacts } from '../twin/twin.ts'
import type { Security } from './create-broker.ts'
import { isPairLogin } from '../security/security.ts'
import { addressIn } from './logins.ts'
import { dialTls } from './options.ts'
import { FreeRoom } from './free-room.ts'
import type { NodeStore } from './node-store.ts'
import { OwnDials } from './own-dials.ts'
import { byNumber, OwnNames, toldHost } from './own-names.ts'
import { configDigest } from './pair-settings.ts'
import type { ServerOptions } from './server.ts'
import type { Connectors } from './connectors.ts'
import type { Service } from './service.ts'

/** Everything between this node and its twin: who may attach, whom we reach and how, and base copies. */
export class Twin implements ReplicationPort {
  readonly #config: BrokerConfig
  readonly #options: ServerOptions
  readonly #security: Security
  readonly #store: NodeStore
  #digest: string
  /** Null: nothing is open. */
  readonly #open: () => Connectors | null
  readonly #retains = new Map<'pair' | 'copy', Lsn>()
  #host!: PairHost
  #shows!: Pick<ComparePort, 'found' | 'renewed'>
  /** A copy is being taken, or put in place. */
  #copying = false
  #tls: SecureContextOptions | null
  readonly #warnings: string[]
  /** The digest that was warned about last. */
  #told = ''
  readonly #dials = new OwnDials()
  readonly #names: OwnNames
  readonly #room: FreeRoom
  #clocksTold = false
  /** `host:port` of our HTTP interface. */
  http: string | null = null

  constructor(
    config: BrokerConfig,
    options: ServerOptions,
    security: Security,
    store: NodeStore,
    open: () => Connectors | null,
  ) {
    this.#config = config
    this.#open = open
    this.#options = options
    this.#security = security
    this.#store = store
    this.#digest = configDigest(config)
    this.#room = new FreeRoom(store.directory)
    this.#names = new OwnNames(config.connectors.map(({ host }) => host))
    this.#warnings = [...security.replicator.warnings]
    this.#tls = dialTls(config)
  }

  /** Its own certificate, whom it trusts, and what the twin is told of the configuration. */
  renew(config: BrokerConfig): void {
    this.#tls = dialTls(config)
    this.#digest = configDigest({ ...config, destinations: this.#config.destinations })
  }

  /** `shows` hears what comparisons found. */
  serve(host: PairHost, shows: Pick<ComparePort, 'found' | 'renewed'>): void {
    this.#host = host
    this.#shows = shows
  }

  // ReplicationPort

  refusal(identity: Identity): string | null {
    if (identity.twin === true) return null
    if (this.#store.inMemory)
      return 'This broker keeps its messages in memory (persistent="false"): it cannot have a twin'
    return this.#security.replicator.refusal(identity)
  }

  pairLogin(login: string, passcode: string): boolean {
    return isPairLogin(this.#store.meta, login, passcode)
  }

  attach(link: PairLink, _identity: Identity, subscription: string): PairLinkEvents {
    if (this.#dials.isOwn(subscription)) {
      link.close()
      return { frame: () => {}, drained: () => {}, closed: () => {} }
    }
    // A lone broker has nobody to warn: who may follow matters from the first one on.
    for (const warning of this.#warnings.splice(0)) this.#options.log.warn(`pair: ${warning}`, { code: 'PAIR_EVENT' })
    return this.#host.links.attached(link)
  }

  // Dialling

  dial(uris: readonly string[], events: PairLinkEvents): { readonly link: Promise<PairLink>; cancel(): void } {
    const stop = new AbortController()
    const { over, ...call } = this.#dials.call()
    const link = dial(
      {
        uris,
        ...this.#credentials(),
        tls: this.#tls,
        connectTimeoutMs: this.#config.pair.ackTimeout,
        checksum,
        signal: stop.signal,
        ...call,
      },
      events,
    )
    link.then(over, over)
    return { link, cancel: () => stop.abort() }
  }

  #credentials(): { readonly login?: string; readonly passcode?: string } {
    const { activeConnector } = this.#config.pair
    if (activeConnector !== null && activeConnector.userName !== null)
      return { login: activeConnector.userName, passcode: activeConnector.password ?? '' }
    const { pairId, secret } = this.#store.meta
    return pairId === null || secret === null ? {} : { login: PAIR_LOGIN + pairId, passcode: secret }
  }

  probe(uris: readonly string[]): Promise<Probed> {
    return probe(uris, probeMsMax, this.#dials.uris)
  }

  /** Who we are is filled in here: the core knows no addresses of its own. */
  signed(frame: PairFrame, link: PairLink): PairFrame {
    if (frame.type === 'hello')
      return { ...frame, identity: this.#identity(link), configDigest: this.#digest, clock: Date.now() }
    if (frame.type === 'ack' && frame.beat > 0) return { ...frame, room: this.#room.bytes }
    return frame.type === 'welcome' ? { ...frame, identity: this.#identity(link) } : frame
  }

  /** After a take-over the twin serves by its own file: what differs there is said while there is time. */
  heard({ configDigest: theirs, identity, clock }: Hello): void {
    const apart = clocksApart(clock, Date.now())
    if (apart !== null && !this.#clocksTold)
      this.#options.log.warn(
        `pair: the clock of "${identity.brokerName}" is ${apart} this node's: after a take-over messages would expire, and ` +
          'scheduled ones come, that much too early or too late; let both ask a time server',
        { code: 'PAIR_CLOCKS' },
      )
    this.#clocksTold = apart !== null
    if (theirs === this.#digest || theirs === this.#told) return
    this.#told = theirs
    this.#options.log.warn(
      `pair: ${identity.brokerName} is configured differently (policies, authorization or destinations): ` +
        'after a take-over clients would notice; make both files alike',
      { code: 'PAIR_DIFFERS' },
    )
  }

  /** On a link that is encrypted only such addresses are told: the secret and the journal shall not go in clear later. */
  #identity(
    { localHost, remote }: Pick<PairLink, 'localHost' | 'remote'>,
    without: readonly string[] = [],
  ): PeerIdentity {
    const { brokerName, connectors, pair } = this.#config
    const encrypted = remote.startsWith('ssl://')
    const open = this.#open()?.ports ?? []
    // One that nobody has started proves no death by refusing, and leads nobody here.
    const isDoor = ({ name, autoStart }: ConnectorConfig): boolean => autoStart || open.some(one => one.name === name)
    const shown = connectors.filter(one => isDoor(one) && !without.includes(one.name))
    const own = shown
      // A port that the system chose is known while it is open, and an address without one leads nowhere.
      .map(one => (one.port === 0 ? { ...one, port: open.find(({ name }) => name === one.name)?.port ?? 0 } : one))
      .filter(({ transport, tls, port }) => transport === 'tcp' && (tls || !encrypted) && port !== 0)
      .filter(({ host }) => reaches(host, localHost, remote))
      .flatMap(one => {
        const means = this.#names.of(one.host)
        const named = connectorUri(one, toldHost(one.host, one.tls, localHost, means))
        const numbered = byNumber(one, localHost, means)
        return numbered === null ? [named] : [named, numbered]
      })
    const http = httpFor(this.http, localHost, remote)
    const uris = shown.length === 0 ? [] : (pair.announce ?? own)
    return { storeId: this.#store.meta.storeId, brokerName, uris, http }
  }

  /** Of the journal that is open when it is asked. */
  comparing(): ComparePort {
    return {
      held: () => this.#store.opened,
      found: found => this.#shows.found(found),
      renewed: from => this.#shows.renewed(from),
    }
  }

  // Base copies, and what is kept for a twin that comes back

  retain(who: 'pair' | 'copy', from: Lsn): void {
    if (from === Infinity) this.#retains.delete(who)
    else this.#retains.set(who, from)
    this.#store.opened.journal.retainFrom(lsn(Math.min(Number.MAX_SAFE_INTEGER, ...this.#retains.values())))
  }

  copySource(link: PairLink, session: string, service: Service | null, failed: (text: string) => void): CopyRun {
    const { opened } = this.#store
    const source = new CopySource(link, session, {
      files: opened.files,
      directory: opened.directory,
      journal: opened.journal,
      snapshot: async () => (service === null ? null : service.snapshot()),
      retainFrom: at => this.retain('copy', at),
      log: this.#options.log,
      failed,
    })
    source.start()
    return {
      frame: frame => source.frame(frame),
      drained: () => source.drained(),
      end: () => void source.close(),
    }
  }

  copyTarget(
    link: PairLink,
    session: string,
    done: (facts: StoreFacts) => void,
    failed: (text: string) => void,
  ): CopyRun {
    const store = this.#store
    // Two at once would write into the same directory.
    if (this.#copying) {
      queueMicrotask(() => failed('the copy before this one is still being put in place'))
      return { frame: () => {}, drained: () => {}, end: () => {} }
    }
    this.#copying = true
    let released = false
    const over = (): void => {
      this.#copying = false
    }
    // Without an open journal this node cannot go on; the next start finds the old one or the copy, whole.
    const broken = (text: string): void => {
      this.#options.log.error(`pair: the copy could not be put in place: ${text}`, { code: 'PAIR_COPY' })
      this.#host.post({ type: 'diskFailed' })
    }
    const target = new CopyTarget(link, session, {
      files: store.files,
      directory: store.directory,
      meta: store.metaFile,
      log: this.#options.log,
      now: () => Date.now(),
      release: () => {
        released = true
        return store.close()
      },
      done: () => {
        store.open().then(
          () => {
            over()
            done(store.facts)
          },
          (error: unknown) => broken(messageOf(error)),
        )
      },
      failed: text => {
        over()
        if (released) broken(text)
        else failed(text)
      },
    })
    return {
      frame: (frame, block, from, to) => target.frame(frame, block, from, to),
      drained: () => {},
      end: () => void target.close().then(over, over),
    }
  }

  /** Where clients reach this node, as seen from this machine. */
  get uris(): readonly string[] {
    return this.#identity({ localHost: hostname(), remote: '' }, this.#open()?.stopped).uris
  }
}

const connectorUri = ({ tls, port }: ConnectorConfig, host: string): string =>
  `${tls ? 'ssl' : 'tcp'}://${bracketed(host)}:${port}`

/**
 * Where a twin reaches the HTTP interface that listens on `http`; null: nowhere. On another machine a loopback address is that
 * machine's own, where something else answers, or the twin itself.
 */
export function httpFor(http: string | null, localHost: string, remote: string): string | null {
  if (http === null) return null
  if (!sameMachine(localHost, remote) && isLoopback(http.replace(/:\d+$/, '').replace(/[[\]]/g, ''))) return null
  return http.replace(/^(0\.0\.0\.0|\[::\]):/, `${bracketed(localHost)}:`)
}

/** On another machine a connector on a loopback address is that machine's own, where something else listens, or the twin itself. */
export const reaches = (host: string, localHost: string, remote: string): boolean =>
  remote === '' || sameMachine(localHost, remote) || !isLoopback(host)

/** Do the two ends of a connection lie on one machine? */
function sameMachine(localHost: string, remote: string): boolean {
  const [near, far] = [localHost, addressIn(remote)].map(host => host.replace(/^::ffff:|[[\]]/g, ''))
  return near === far || isLoopback(near ?? '')
}

const bracketed = (host: string): string => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host)

/** How far another clock is from ours, for people; null: not far, with the time that the word took on its way, or not known. */
export function clocksApart(theirs: number | undefined, ours: number): string | null {
  if (theirs === undefined || Math.abs(theirs - ours) < clockMsMax) return null
  return `${Math.round(Math.abs(theirs - ours) / 1000)} s ${theirs > ours ? 'ahead of' : 'behind'}`
}

/** ms: a hello that is older than `ackTimeout` by default was given up by then. */
const clockMsMax = 10_000

/** ms for the twin's machine to answer a probe; what refuses does so at once. */
const probeMsMax = 1000
