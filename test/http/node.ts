import type { CopiesFound, PairVerified, PairView } from '../../src/base/pair-view.ts'
import type { ScrubView } from '../../src/base/scrub-view.ts'
import type { ExecutionContext } from 'ava'
import { silentLog, type Log } from '../../src/base/log.ts'
import type { BeanServer } from '../../src/management/management.ts'
import {
  startHttp,
  type Health,
  type HttpOptions,
  type Management,
  type Outcome,
  type SegmentView,
} from '../../src/http/http.ts'

/** A node that is whatever a test says it is. */
export class FakeNode implements Management {
  readonly brokerName: string
  readonly version = '0.0.0'
  readonly shown = {
    metricsAuth: 'login',
    metricsNames: 'snake',
    metricsDestinationsMax: 10,
    trimTopicNames: false,
    rest: false,
  } as const
  beans: BeanServer = { find: () => null, query: () => [], readOnly: null }
  view: PairView
  state: Health = { serving: true, failure: null }
  scrubbed: ScrubView = { restMs: 86_400_000, segments: 0, bytes: 0, lastPassAt: null, damaged: [] }
  verified: PairVerified | null = null
  onVerified: () => void = () => {}
  outcome: Outcome = { accepted: true }
  journal: Buffer = Buffer.from('0123456789')
  segmentBytes = 4
  /** What was asked for. */
  readonly asked: string[] = []
  onAsked: () => void = () => {}
  /** Before each look that is taken at it. */
  onLook: () => void = () => {}

  constructor(brokerName: string, view: Partial<PairView> = {}) {
    this.brokerName = brokerName
    this.view = { ...ALONE, ...view }
  }

  pair(): PairView {
    this.onLook()
    return this.view
  }
  connectors(): readonly string[] {
    return ['tcp://127.0.0.1:61614']
  }
  unpromotable(): string | null {
    return 'this node leads already'
  }
  noteVerified(found: CopiesFound): void {
    this.onVerified()
    this.verified = { at: Date.UTC(2026, 0, 2, 3, 4, 6), ...found, replacedAt: null }
  }
  scrub(): ScrubView {
    return this.scrubbed
  }
  health(): Health {
    return this.state
  }
  promote(force: boolean): Promise<Outcome> {
    return this.#ask(`promote ${force}`)
  }
  handover(): Promise<Outcome> {
    return this.#ask('handover')
  }
  #ask(what: string): Promise<Outcome> {
    this.asked.push(what)
    if (this.outcome.accepted) this.onAsked()
    return Promise.resolve(this.outcome)
  }
  stateLines(): readonly string[] {
    return ['store: 0 messages in 0 queues']
  }
  segments(): Promise<readonly SegmentView[]> {
    const all: SegmentView[] = []
    for (let base = 0; base < this.journal.length; base += this.segmentBytes) {
      const bytes = Math.min(this.segmentBytes, this.journal.length - base)
      all.push({ base, bytes, sealed: base + bytes < this.journal.length })
    }
    return Promise.resolve(all)
  }
  readSegment(_base: number, from: number, to: number): Promise<Buffer | null> {
    return Promise.resolve(to > this.journal.length ? null : this.journal.subarray(from, to))
  }
}

const ALONE: PairView = {
  role: 'active',
  state: 'ALONE',
  detail: 'no passive has attached',
  policy: 'auto',
  epoch: 1,
  position: 10,
  committed: 10,
  inSync: false,
  peer: null,
  since: Date.UTC(2026, 0, 2, 3, 4, 5),
  lastFailover: null,
  failovers: 0,
  outageMs: null,
}

/** What a twin knows of the other. */
export const peer = (brokerName: string, role: 'active' | 'passive', http: string | null): PairView['peer'] => ({
  brokerName,
  role,
  http,
  uris: ['tcp://127.0.0.1:61615'],
  position: 10,
  lagBytes: 0,
  lagMs: 1,
  rttMs: 0.4,
})

/** Opens it on a free port of the loopback; the address, `127.0.0.1:port`. */
export async function serve(
  t: ExecutionContext,
  node: Management,
  limits: HttpOptions['limits'] = {},
  log: Log = silentLog,
): Promise<string> {
  const http = await startHttp({ host: '127.0.0.1', port: 0, log, limits }, node)
  if (http === null) throw new Error('no port')
  t.teardown(() => http.close())
  return http.address
}
