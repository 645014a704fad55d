/**
 * What several connections say, made from a seed: what real clients send, right and wrong, kept to what is specified for both
 * brokers. Left out is what README's "Differences, row by row" names, and what ActiveMQ leaves to chance: the order between
 * queues and between the subscriptions of one connection that ends, two transactions of one connection at once.
 */
export interface Step {
  /** Which connection. */
  readonly c: number
  /** A STOMP command, or DROP: the socket is closed without a word. After DISCONNECT and DROP it connects again. */
  readonly command: string
  /** `$` stands for a name of its own that each run has. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: string
  /** ACK and NACK: the delivery that lies so far back. */
  readonly back?: number
}

export interface Script {
  readonly seed: number
  /** Of each connection. */
  readonly versions: readonly string[]
  readonly steps: readonly Step[]
}

type Header = readonly [name: string, value: string]

/** Numbers of [0, 1) that follow from the seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const SELECTORS = [
  "color = 'red'",
  'num > 1',
  'num <> 2 OR num IS NULL',
  "color LIKE 'r%'",
  'num BETWEEN 1 AND 2',
  'JMSPriority > 4',
  "NOT (color = 'red')",
  "JMSType = 'T1'",
  'wrong ==',
]
/** Each with how often it is there, and what it may be. */
const SENT: readonly (readonly [share: number, name: string, ...values: string[]])[] = [
  [0.3, 'color', 'red', 'blue', 'r%d'],
  [0.3, 'num', '1', '2', '3.0', 'x', ''],
  [0.1, 'priority', '0', '4', '7', '9', '12', '-3'],
  [0.1, 'type', 'T1', ''],
  [0.1, 'correlation-id', 'c1', '', 'a:b', 'ü😀'],
  [0.1, 'reply-to', '/queue/$.r', '/temp-queue/x', 'plain'],
  [0.1, 'content-type', 'text/plain', 'application/json;charset=utf-8'],
  [0.1, 'custom', 'v', '', 'a:b\\c', 'ü漢😀'],
  [0.05, 'timestamp', '1000'],
  [0.05, 'amq-msg-type', 'text', 'bytes'],
  [0.05, 'message-id', 'forged'],
  [0.05, 'JMSXUserID', 'forged'],
  [0.05, 'JMSCorrelationID', 'c2'],
  [0.05, 'x y', '1'],
]
const LEAVING = ['DISCONNECT', 'DROP']

export function scriptOf(seed: number): Script {
  const next = random(seed)
  const chance = (share: number): boolean => next() < share
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!
  const versions = Array.from({ length: 1 + Math.floor(next() * 3) }, () => pick(['1.0', '1.1', '1.2', '1.2']))
  const grouped = chance(0.2)
  // What is persistent overtakes what is not in ActiveMQ's backlogs (semantics Q-02).
  const persistent = chance(0.5)
  const places = pick([
    ['/queue/$.a', '/queue/$.b'],
    ['/queue/$.a', '/topic/$.t'],
    ['/queue/$.a', '/temp-queue/x', '/topic/$.t'],
    ['/topic/VirtualTopic.$', '/queue/Consumer.A.VirtualTopic.$'],
  ])
  const subscribed = versions.map(() => new Map<string, string>())
  const transactions: (string | null)[] = versions.map(() => null)
  const steps: Step[] = []

  const receipt = (): Header[] => (chance(0.4) ? [['receipt', chance(0.1) ? 'r:\\1' : `r${steps.length}`]] : [])
  const inside = (c: number): Header[] => {
    const open = transactions[c] ?? null
    if (chance(0.02)) return [['transaction', 'unknown']]
    return open !== null && chance(0.7) ? [['transaction', open]] : []
  }
  const tell = (c: number, command: string, headers: readonly Header[], more: Partial<Step> = {}): void =>
    void steps.push({ c, command, headers, ...more })

  function send(c: number): void {
    const headers: Header[] = [
      ['destination', chance(0.05) ? '/queue/$.a,/queue/$.b' : pick(places)],
      ['tag', `m${steps.length}`],
      ...(persistent ? [['persistent', 'true'] as const] : []),
      ...inside(c),
      ...receipt(),
    ]
    for (const [share, name, ...values] of SENT) if (chance(share)) headers.push([name, pick(values)])
    if (grouped && chance(0.8)) headers.push(['JMSXGroupID', pick(['g1', 'g2', 'g3'])])
    const body = chance(0.1) ? '' : pick([`body ${steps.length}`, 'ü漢😀', 'l\n\nl\r\n', 'x'.repeat(3000)])
    if (chance(0.3)) headers.push(['content-length', String(Buffer.byteLength(body))])
    tell(c, 'SEND', headers, { body })
  }

  function subscribe(c: number): void {
    const mine = subscribed[c]!
    const destination = pick(places)
    // Where another one of this connection listens too, ActiveMQ hands over between the two when it ends.
    if ([...mine.values()].includes(destination)) return
    const id = `s${steps.length}`
    const headers: Header[] = [
      ['id', id],
      ['destination', destination],
      ['ack', pick(['auto', 'client', 'client-individual'])],
    ]
    if (chance(0.2)) headers.push(['activemq.prefetchSize', pick(['1', '2', '3'])])
    if (!grouped && chance(0.1)) headers.push(['activemq.priority', pick(['1', '5', '-1', '300'])])
    const browses = destination.startsWith('/queue/') && versions[c] !== '1.0' && chance(0.1)
    if (browses) headers.push(['browser', 'true'])
    const selector = chance(0.2) ? pick(SELECTORS) : null
    if (selector !== null) headers.push(['selector', selector])
    if (selector !== 'wrong ==') mine.set(id, destination)
    tell(c, 'SUBSCRIBE', [...headers, ...receipt()])
  }

  function settle(c: number): void {
    // An acknowledgement beside the transaction that has the same one is nobody's business.
    const open = transactions[c] ?? null
    const within: Header[] = open === null ? [] : [['transaction', open]]
    const refuses = open === null && chance(0.3)
    tell(c, refuses ? 'NACK' : 'ACK', [...within, ...receipt()], { back: Math.floor(next() * 4) })
  }

  function transact(c: number): void {
    const open = transactions[c] ?? null
    const name = open ?? `t${steps.length}`
    tell(c, open === null ? 'BEGIN' : pick(['COMMIT', 'ABORT']), [['transaction', name], ...receipt()])
    transactions[c] = open === null ? name : null
  }

  function leave(c: number): void {
    tell(c, pick(LEAVING), [])
    subscribed[c]!.clear()
    transactions[c] = null
  }

  function unsubscribe(c: number): void {
    const mine = subscribed[c]!
    // What happens to the acknowledgements of an open transaction is not specified (stomp S-TX-13).
    if (transactions[c] !== null) return
    const id = mine.size === 0 || chance(0.1) ? 'nothing' : pick([...mine.keys()])
    mine.delete(id)
    tell(c, 'UNSUBSCRIBE', [['id', id], ...receipt()])
  }

  const acts = [send, send, send, send, subscribe, subscribe, settle, settle, settle, transact, unsubscribe]
  const length = 8 + Math.floor(next() * 32)
  for (let turn = 0; turn < length; turn++) {
    const c = Math.floor(next() * versions.length)
    if (chance(0.05)) leave(c)
    else pick(acts)(c)
  }
  return { seed, versions, steps }
}
