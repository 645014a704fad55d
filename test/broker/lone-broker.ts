import { silentLog } from '../../src/base/log.ts'
import { Broker, openStore } from '../../src/broker/broker.ts'
import type { Zone } from '../../src/destination/destination.ts'
import { MemoryFiles } from '../../src/journal/journal.ts'
import type { Link, Session, SessionOptions } from '../../src/session/session.ts'
import { DEFAULT_LIMITS } from '../../src/stomp/stomp.ts'
import { VirtualClock } from '../journal/virtual-clock.ts'

const utc: Zone = {
  read: ms => {
    const at = new Date(ms)
    const [year, month, day, weekday] = [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate(), at.getUTCDay()]
    return { year, month, day, weekday, hour: at.getUTCHours(), minute: at.getUTCMinutes() }
  },
  at: (year, month, day, hour, minute) => Date.UTC(year, month - 1, day, hour, minute),
}

/** A broker whose time only the test moves; its files are in memory. */
export class LoneBroker {
  readonly clock: VirtualClock = new VirtualClock()
  readonly files: MemoryFiles = new MemoryFiles()
  broker!: Broker

  /** `cacheBytes` 0: what is not in the segment that is being written must be read again. */
  async start(cacheBytes: number = 1 << 20): Promise<this> {
    const { clock, files } = this
    let broker: Broker | null = null
    const { journal, state } = await openStore(
      {
        kind: 'journal',
        directory: '/d',
        segmentBytes: 64 * 1024,
        sync: 'never',
        syncIntervalMs: 1000,
        cacheBytes,
        readCacheBytes: 1 << 16,
        archiveDirectory: null,
        deleteAll: false,
        log: silentLog,
        clock: new VirtualClock(),
        files,
        epochUid: Buffer.alloc(16, 1),
      },
      {
        committed: upTo => broker?.committed(upTo),
        writeFailed: () => 'stop',
        writeResumed: () => {},
        failed: error => {
          throw error
        },
      },
    )
    const durables = { keepActive: true, reject: false, offlineTimeout: -1, offlineSchedule: 0, sweepActive: false }
    broker = new Broker(
      {
        brokerName: 'test',
        serverName: 'test',
        stampUserId: false,
        pathSeparator: null,
        dataDirectory: '/',
        statistics: false,
        connectorUrls: () => [],
        advisories: null,
        plugins: null,
        scheduler: {
          maxRepeat: 1000,
          limit: 0,
          zone: utc,
          idStem: 'ID:t',
          now: () => clock.now(),
          after: (ms, run) => clock.after(ms, run),
        },
        space: {
          memoryLimit: 0,
          storeLimit: 0,
          tempLimit: 0,
          sendFailIfNoSpace: false,
          sendFailIfNoSpaceAfterTimeout: 0,
          inMemory: false,
        },
        temp: null,
        virtual: [],
        durables,
        policies: [],
        defaultPolicy: null,
        idStem: 'ID:t',
        log: silentLog,
        now: () => clock.now(),
        later: (ms, run) => void clock.after(ms, run),
        defer: run => void setImmediate(run),
        loginWait: () => 0,
        authenticate: () => ({ user: null, groups: [], anonymous: true, authenticated: false }),
        refusalOfAll: () => null,
        refusal: () => null,
      },
      journal,
      state,
    )
    this.broker = broker
    broker.scheduler?.start()
    journal.flush()
    await this.rest()
    return this
  }

  /** Until nothing is under way. */
  async rest(): Promise<void> {
    for (let still = 0, turns = 0; still < 3; still++) {
      if (turns++ > 10_000)
        throw new Error(
          `it does not come to rest: ${this.broker.state.applied} ${this.broker.journal.committed} ${this.broker.journal.end}`,
        )
      await new Promise(resolve => setImmediate(resolve))
      const { state, journal } = this.broker
      if (state.applied !== journal.end) still = -1
    }
  }

  /** Time passes, in steps that end whenever somebody would wake. */
  async pass(ms: number, step: number = ms): Promise<void> {
    for (let passed = 0; passed < ms; passed += step) {
      this.clock.advance(Math.min(step, ms - passed))
      await this.rest()
    }
  }

  client(): LoneClient {
    return new LoneClient(this.broker)
  }
}

/** A connection without a socket. */
export class LoneClient {
  readonly session: Session
  readonly #broker: Broker
  #received = ''

  constructor(broker: Broker) {
    this.#broker = broker
    const link: Link = {
      remote: 'tcp://127.0.0.1:1',
      localHost: 'localhost',
      queued: 0,
      pause: () => {},
      resume: () => {},
      flush: output => {
        for (const { block, end } of output.take()) this.#received += block.toString('utf8', 0, end)
      },
      end: () => {},
      heartBeat: () => {},
      connected: () => {},
    }
    const options = {
      limits: DEFAULT_LIMITS,
      defaultHeartBeat: [0, 0],
      maximumConsumers: 1000,
      allowLinkStealing: false,
      tls: false,
      certificateDn: undefined,
      trace: false,
    } as unknown as SessionOptions
    this.session = broker.connect(link, options)
    this.send('CONNECT', { 'accept-version': '1.2', host: 'localhost' })
  }

  send(command: string, headers: Readonly<Record<string, string>>, body = ''): void {
    const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
    this.#broker.received(this.session, Buffer.from(`${command}\n${lines.join('')}\n${body}\0`))
  }

  /** The ids of the receipts that came since the last look. */
  receipts(): string[] {
    const ids = [...this.#received.matchAll(/receipt-id:(.*)/g)].map(([, id = '']) => id)
    this.#received = ''
    return ids
  }

  /** What came since the last look, each as `name: value` lines and a body. */
  frames(): { readonly headers: ReadonlyMap<string, string>; readonly body: string }[] {
    const all = this.#received
      .split('\0')
      .flatMap(text => (text.trimStart().startsWith('MESSAGE') ? [text.trimStart()] : []))
    this.#received = ''
    return all.map(text => {
      const [head = '', ...body] = text.split('\n\n')
      const lines = head.split('\n').slice(1)
      const headers = new Map(lines.map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]))
      return { headers, body: body.join('\n\n') }
    })
  }
}
