/** The broker under fire, in a process of its own: started by `fork`, told its port by a message, asked how it is by another. */
import { isTemporaryKind } from '../../src/base/destination.ts'
import { Session } from '../../src/session/session.ts'
import { World, brokerXml } from '../contract/world.ts'

/** How the broker is, after a garbage collection. */
export interface Health {
  /** Frames that sessions were given, and conversations that ended with a fatal ERROR. */
  readonly frames: number
  readonly fatals: number
  readonly sessions: number
  /** Who they are, and why one may not have ended: for whoever finds one too many. */
  readonly who: readonly string[]
  readonly subscriptions: number
  readonly temporary: number
  readonly stored: number
  readonly messages: number
  /** Destinations with messages, and how many. */
  readonly full: Readonly<Record<string, number>>
  /** Lines of its log that say ERROR. */
  readonly errors: readonly string[]
  readonly heapMiB: number
  readonly rssMiB: number
}

export type Question = 'health' | 'stop'
export type Answer = { readonly port: number } | Health

const USERS = `<plugins><simpleAuthenticationPlugin><users>
    <authenticationUser username="fuzz" password="fuzz" groups="fuzzers"/>
    <authenticationUser username="witness" password="witness" groups="witnesses"/>
  </users></simpleAuthenticationPlugin>
  <authorizationPlugin><map><authorizationMap><authorizationEntries>
    <authorizationEntry queue=">" read="witnesses" write="witnesses" admin="witnesses"/>
    <authorizationEntry topic=">" read="witnesses" write="witnesses" admin="witnesses"/>
    <authorizationEntry queue="fuzz.>" read="fuzzers" write="fuzzers" admin="fuzzers"/>
    <authorizationEntry topic="fuzz.>" read="fuzzers" write="fuzzers" admin="fuzzers"/>
    <authorizationEntry topic="ActiveMQ.Advisory.>" read="fuzzers" write="fuzzers" admin="fuzzers"/>
  </authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>`

let frames = 0
let fatals = 0
const { frame, fatalError } = Session.prototype
Session.prototype.frame = function (each) {
  frames++
  return frame.call(this, each)
}
Session.prototype.fatalError = function (...report) {
  fatals++
  fatalError.apply(this, report)
}

const xml = brokerXml({ body: USERS, connectors: { stomp: 'stomp://127.0.0.1:0?wireFormat.maxDataLength=200000' } })
/** The assault logs in at random, and is to be let in to do its worst. */
const settings = { properties: { 'tandemmq.loginDelay': 'false' } }
const world = await new World().start(xml, settings)

function describe({ link, identity, connected, closed, congested, parser, parked, held, traffic }: Session): string {
  const state = { connected, closed, congested, paused: parser.paused, incomplete: parser.incomplete }
  const facts = { ...state, parked: parked.count, held: held.size, queued: link.queued, traffic }
  return `${link.remote} ${identity.user ?? 'nobody'} ${JSON.stringify(facts)}`
}

function health(): Health {
  globalThis.gc?.()
  const { broker } = world.running
  const queues = [...broker.registry.queues()]
  const { heapUsed, rss } = process.memoryUsage()
  const stored = [...broker.state.destinations.values()]
  return {
    frames,
    fatals,
    sessions: broker.sessions.size,
    who: [...broker.sessions].map(describe),
    subscriptions: [...broker.sessions].reduce((sum, session) => sum + session.allSubscriptions.size, 0),
    temporary: queues.filter(({ at }) => isTemporaryKind(at.kind)).length,
    stored: stored.length,
    messages: stored.reduce((sum, { messages }) => sum + messages.live, 0),
    full: Object.fromEntries(
      stored.flatMap(({ name, messages }) => (messages.live > 0 ? [[name, messages.live]] : [])),
    ),
    errors: world.lines.filter(line => line.startsWith('ERROR')),
    heapMiB: heapUsed / 2 ** 20,
    rssMiB: rss / 2 ** 20,
  }
}

const answer = (value: Answer): void => void process.send?.(value)
process.on('message', (question: Question) => {
  if (question === 'health') return answer(health())
  void restartAndEnd()
})
answer({ port: world.port() })

/** What the assault left in the journal must be read again. */
async function restartAndEnd(): Promise<void> {
  await world.stop()
  await world.start(xml, settings)
  await world.end()
  process.disconnect()
}
