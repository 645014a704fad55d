/** What the page in the browser does. It is compiled like any test, served to the browser, and reports what it saw. */
import { Client, type IMessage } from '@stomp/stompjs'

/** One thing that a page saw, and whether it was as it must be. */
export interface Observation {
  readonly what: string
  readonly right: boolean
  readonly saw: unknown
}

const observations: Observation[] = []
const see = (what: string, saw: unknown, right: boolean): void => void observations.push({ what, saw, right })

/** Messages of a subscription, one after the other. */
class Inbox {
  readonly #waiting: ((message: IMessage) => void)[] = []
  readonly #messages: IMessage[] = []

  take(message: IMessage): void {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) this.#messages.push(message)
    else waiting(message)
  }

  next(): Promise<IMessage> {
    const message = this.#messages.shift()
    return message === undefined ? new Promise(resolve => this.#waiting.push(resolve)) : Promise.resolve(message)
  }
}

/** A browser may hold back the timers of a page to one a second. */
const heartBeatMs = 1500
/** How long the whole conversation may take before the page reports what it has. */
const patienceMs = 40_000
/** What each client said and heard, for a report that comes too late. */
const said: string[][] = []
let receipts = 0
const receipted = (client: Client, act: (receipt: string) => void): Promise<void> =>
  new Promise(resolve => {
    const receipt = `b${++receipts}`
    client.watchForReceipt(receipt, () => resolve())
    act(receipt)
  })

async function subscribed(client: Client, destination: string, ack: string): Promise<Inbox> {
  const inbox = new Inbox()
  await receipted(client, receipt => client.subscribe(destination, message => inbox.take(message), { ack, receipt }))
  return inbox
}

/** A client of this address, connected; what it hears and says is in `debug`. */
async function connected(url: string, debug: string[]): Promise<Client> {
  said.push(debug)
  const client = new Client({
    brokerURL: url,
    heartbeatIncoming: heartBeatMs,
    heartbeatOutgoing: heartBeatMs,
    reconnectDelay: 20,
    debug: line => void debug.push(line),
  })
  await new Promise<void>((resolve, reject) => {
    client.onConnect = () => resolve()
    client.onWebSocketError = () => reject(new Error(`no connection to ${url}`))
    client.activate()
  })
  return client
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(resolve => setTimeout(resolve, 10))
}

/** A conversation over one address: everything that an application in a browser does with a broker. */
async function converse(url: string): Promise<void> {
  const scheme = url.slice(0, url.indexOf(':'))
  const at = (what: string): string => `${scheme}: ${what}`
  const debug: string[] = []
  const client = await connected(url, debug)
  see(at('version'), client.connectedVersion, client.connectedVersion === '1.2')

  const queue = `/queue/${scheme}.orders`
  const orders = await subscribed(client, queue, 'client-individual')
  const text = 'grüße 🚀 \\ : \n end'
  client.publish({ destination: queue, body: text, headers: { persistent: 'true', greeting: 'a:b\nd \\ e' } })
  const first = await orders.next()
  see(at('a text with every kind of character'), first.body, first.body === text)
  see(
    at('a header with every kind of character'),
    first.headers['greeting'],
    first.headers['greeting'] === 'a:b\nd \\ e',
  )
  await receipted(client, receipt => first.ack({ receipt }))

  const dead = await subscribed(client, `/queue/DLQ.${scheme}.orders`, 'auto')
  client.publish({ destination: queue, body: 'poison', headers: { persistent: 'true' } })
  ;(await orders.next()).nack()
  const corpse = (await dead.next()).headers['original-destination']
  see(at('a refused message is dead-lettered'), corpse, corpse === queue)

  const undone = client.begin()
  client.publish({ destination: queue, body: 'undone', headers: { transaction: undone.id } })
  undone.abort()
  const done = client.begin()
  for (const body of ['one', 'two']) client.publish({ destination: queue, body, headers: { transaction: done.id } })
  done.commit()
  const bodies = [await orders.next(), await orders.next()].map(({ body }) => body)
  see(at('a transaction commits, another is undone'), bodies, bodies.join() === 'one,two')

  const other = await connected(url, [])
  const news = `/topic/${scheme}.news`
  const [here, there] = [await subscribed(client, news, 'auto'), await subscribed(other, news, 'auto')]
  client.publish({ destination: news, body: 'news' })
  const heard = [(await here.next()).body, (await there.next()).body]
  see(at('a topic reaches both clients'), heard, heard.join() === 'news,news')

  const large = 'ß'.repeat(1_500_000)
  const sizes = await subscribed(other, `/queue/${scheme}.large`, 'auto')
  client.publish({ destination: `/queue/${scheme}.large`, body: large })
  const arrived = (await sizes.next()).body
  see(at('three megabytes'), arrived.length, arrived === large)

  const refused = new Promise<string>(resolve => {
    client.onStompError = frame => resolve(frame.headers['message'] ?? '')
  })
  client.publish({ destination: '/temp-queue/' })
  const message = await refused
  see(at('an ERROR arrives'), message, message.includes('Invalid destination name'))

  await until(() => debug.includes('<<< PONG') && debug.includes('>>> PING'))
  see(at('heart-beats go both ways'), true, true)

  await other.deactivate()
  const again = new Promise<void>(resolve => {
    client.onConnect = () => resolve()
  })
  client.forceDisconnect()
  await again
  const back = await subscribed(client, queue, 'client-individual')
  const returned = await back.next()
  see(
    at('what was not acknowledged comes again after a reconnect'),
    returned.body,
    returned.headers['redelivered'] === 'true',
  )
  await client.deactivate()
}

try {
  const urls = (await (await fetch('/urls')).json()) as string[]
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error('too late')), patienceMs))
  await Promise.race([Promise.all(urls.map(converse)), late])
} catch (error) {
  see(
    'the page',
    `${String(error)}\n${said
      .map(lines =>
        lines
          .filter(line => !/P[IO]NG|Received/.test(line))
          .slice(-6)
          .join('\n'),
      )
      .join('\n--\n')}`,
    false,
  )
}
await fetch('/report', { method: 'POST', body: JSON.stringify(observations) })
