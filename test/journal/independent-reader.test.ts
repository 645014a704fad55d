import test from 'ava'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { World, brokerXml, type Client } from '../contract/world.ts'

/*
 * A reader of the journal that knows nothing but its description in src/journal/record.ts: no code of the broker's.
 * What it finds is compared with what a client sent.
 */
interface Message {
  readonly queue: string
  readonly id: string
  readonly body: string
  readonly priority: number
  readonly persistent: boolean
  readonly text: boolean
  readonly hidden: string
}

/** A durable subscription or a job, in the words of record.ts. */
interface Facts {
  readonly subscriptions: Record<string, unknown>[]
  readonly jobs: Record<string, unknown>[]
}

interface Found extends Facts {
  readonly live: Map<string, Message>
  readonly types: Record<number, number>
  readonly files: number
  /** Where the log ends. */
  readonly end: number
  readonly epochs: { readonly n: number; readonly uid: string; readonly reason: number }[]
  readonly barriers: Set<number>
}

const lsnAt = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at))

class Reader {
  readonly found: Found = {
    live: new Map(),
    types: {},
    files: 0,
    end: 0,
    epochs: [],
    barriers: new Set(),
    subscriptions: [],
    jobs: [],
  }
  readonly #names = new Map<number, { kind: number; name: string }>()

  read(directory: string): Found {
    const names = readdirSync(directory).filter(name => /^tandemmq-[0-9a-f]{16}\.journal$/.test(name))
    let chain = 0
    let end = 0
    for (const name of names.sort()) {
      const base = Number.parseInt(name.slice(9, 25), 16)
      const bytes = readFileSync(join(directory, name))
      if (base !== end && end !== 0) throw new Error(`${name} does not begin where the file before ends`)
      chain = this.#file(bytes, base, chain)
      end = base + bytes.length
    }
    return { ...this.found, files: names.length, end }
  }

  #file(bytes: Buffer, base: number, before: number): number {
    if (bytes[8] !== 1 || bytes.toString('latin1', 16, 24) !== 'TandemMQ') throw new Error('no SEGMENT record')
    if (bytes.readUInt16LE(24) !== 1 || lsnAt(bytes, 32) !== base) throw new Error('another format or base')
    if (bytes.readUInt32LE(28) !== before) throw new Error('the seed is not the crc of the record before')
    let chain = before
    for (let at = 0; at < bytes.length;) {
      const length = bytes.readUInt32LE(at + 4)
      chain = crc32(bytes.subarray(at + 4, at + length), chain)
      if (bytes.readUInt32LE(at) !== chain) throw new Error(`the record at ${base + at} does not verify`)
      this.found.barriers.add(bytes.readUInt16LE(at + 10))
      this.#record(bytes.subarray(at, at + length), base + at)
      at += length
    }
    return chain
  }

  #record(record: Buffer, at: number): void {
    const type = record[8]!
    this.found.types[type] = (this.found.types[type] ?? 0) + 1
    if (type === 2) this.#epoch(record)
    else if (type === 3) {
      this.#names.set(record.readUInt32LE(16), { kind: record[20]!, name: record.toString('utf8', 21) })
    } else if (type === 5) this.#message(record, at)
    else if (type === 6) {
      for (let i = 24; i < record.length; i += 8) this.#remove(record.readUInt32LE(16), lsnAt(record, i))
    } else if (type === 8) {
      for (let i = 16; i < record.length; i += record.readUInt32LE(i + 4)) {
        if (record.readUInt32LE(i) !== 0) throw new Error('a record of a GROUP has a crc')
        this.#record(record.subarray(i, i + record.readUInt32LE(i + 4)), at + i)
      }
    } else if (type === 10) this.#subscription(record)
    else if (type === 11) this.found.jobs.push({ next: lsnAt(record, 28), cron: record.toString('utf8', 50) })
    else if (type > 12) throw new Error(`unknown type ${type}`)
  }

  #epoch(record: Buffer): void {
    const reason = record[40]!
    this.found.epochs.push({ n: record.readUInt32LE(12), uid: record.toString('hex', 16, 32), reason })
    if (reason === 2) return
    for (const [key, { persistent }] of this.found.live) if (!persistent) this.found.live.delete(key)
  }

  #subscription(record: Buffer): void {
    this.#names.set(record.readUInt32LE(16), { kind: 4, name: `#${record.readUInt32LE(16)}` })
    this.found.subscriptions.push(subscriptionAt(record, 20))
  }

  #message(record: Buffer, at: number): void {
    const headers = record.subarray(48, 48 + record.readUInt32LE(40)).toString('utf8')
    const from = 48 + record.readUInt32LE(40) + 1
    const to = from + record.readUInt32LE(44)
    if (record[from - 1] !== 10 || record[to] !== 0 || record[to + 1] !== 10) throw new Error('no frame tail')
    const traits = record[21]!
    const hiddenEnd = record.length - 4 * record.readUInt16LE(22)
    const holders = [record.readUInt32LE(16)]
    for (let i = hiddenEnd; i < record.length; i += 4) holders.push(record.readUInt32LE(i))
    const message = {
      id: /^message-id:(.*)$/m.exec(headers)?.[1]?.replaceAll('\\c', ':') ?? '?',
      body: record.toString('utf8', from, to),
      priority: record[20]!,
      persistent: (traits & 1) !== 0,
      text: (traits & 2) !== 0,
      hidden: record.toString('utf8', to + 2, hiddenEnd),
    }
    for (const id of holders) {
      this.found.live.set(`${id}/${at}`, { queue: this.#names.get(id)?.name ?? '?', ...message })
    }
  }

  #remove(destination: number, key: number): void {
    if (!this.found.live.delete(`${destination}/${key}`)) throw new Error(`removes what is not there: ${key}`)
  }
}

function subscriptionAt(bytes: Buffer, from: number): Record<string, unknown> {
  const texts: (string | null)[] = []
  let at = from + 2
  for (let n = 0; n < 4; n++) {
    const length = bytes.readUInt16LE(at)
    texts.push(length === 0xffff ? null : bytes.toString('utf8', at + 2, at + 2 + length))
    at += 2 + (length === 0xffff ? 0 : length)
  }
  const [clientId, name, topics, selector] = texts
  return { clientId, name, topics, selector, noLocal: (bytes[from]! & 1) !== 0 }
}

interface SnapshotFound extends Facts {
  readonly at: number
  readonly names: string[]
  readonly epochs: string[]
  readonly live: Set<string>
}

/** The newest snapshot's position, and the messages in it as `destination id/key`; src/journal and src/store snapshot.ts draw it. */
function readSnapshot(directory: string): SnapshotFound {
  const file =
    readdirSync(directory)
      .filter(each => each.endsWith('.snapshot'))
      .sort()
      .at(-1) ?? ''
  const bytes = readFileSync(join(directory, file))
  const content = bytes.subarray(32)
  if (bytes.toString('latin1', 0, 8) !== 'TandemSn' || bytes.readUInt16LE(8) !== 1) throw new Error('no snapshot')
  if (bytes.readUInt32LE(12) !== crc32(bytes.subarray(16, 32), crc32(content))) throw new Error('it does not verify')
  if (content.readUInt32LE(0) !== 3) throw new Error('another format')
  const live = new Set<string>()
  const names: string[] = []
  const epochs: string[] = []
  const subscriptions: Record<string, unknown>[] = []
  const jobs: Record<string, unknown>[] = []
  let at = 28 + 8 * content.readUInt32LE(12)
  for (let n = content.readUInt32LE(20); n > 0; n--, at += 32) epochs.push(content.toString('hex', at + 16, at + 32))
  for (let n = content.readUInt32LE(16); n > 0; n--) {
    const id = content.readUInt32LE(at)
    const name = at + 12 + content.readUInt16LE(at + 6)
    const subscription = content[at + 4] === 4
    if (subscription) subscriptions.push(subscriptionAt(content, name + 4))
    else names.push(content.toString('utf8', at + 12, name))
    let chunks = content.readUInt32LE(at + 8)
    for (at = subscription ? name + 4 + content.readUInt32LE(name) : name; chunks > 0; chunks--) {
      const count = content.readUInt32LE(at)
      const columns = content.readUInt32LE(at + 4)
      for (let i = 0; i < count; i++) {
        const removed = content[at + 8 + 13 * count + i] === 2
        if (!removed) live.add(`${id}/${content.readDoubleLE(at + 8 + 8 * i)}`)
      }
      at += 8 + count * (14 + (columns & 1 ? 8 : 0) + (columns & 2 ? 8 : 0) + (columns & 4 ? 1 : 0))
    }
  }
  for (let n = content.readUInt32LE(24); n > 0; n--) {
    const end = at + content.readUInt32LE(at)
    jobs.push({ next: content.readDoubleLE(at + 16), cron: content.toString('utf8', at + 36, end) })
    at = end
  }
  if (at !== content.length) throw new Error('bytes are left')
  return { at: lsnAt(bytes, 16), names, epochs, live, subscriptions, jobs }
}

const read = (world: World): Found => new Reader().read(join(world.directory, 'data', 'read'))
const bodies = (found: Found, queue: string): string[] =>
  [...found.live.values()].filter(message => message.queue === queue).map(({ body }) => body)

/** `length` bytes of body, told apart by `n`. */
const body = (n: number, length: number): string => `${n} ${'x'.repeat(length)}`

async function fill(client: Client): Promise<void> {
  for (let n = 0; n < 40; n++)
    await client.receipted('SEND', { destination: '/queue/many', persistent: 'true' }, body(n, 20_000))
  await client.receipted('BEGIN', { transaction: 't' })
  for (const n of [1, 2])
    client.send('SEND', { destination: '/queue/group', persistent: 'true', transaction: 't' }, `t${n}`)
  await client.receipted('COMMIT', { transaction: 't' })
  const headers = {
    destination: '/queue/one',
    persistent: 'true',
    priority: '7',
    JMSXGroupID: 'g',
    'content-length': '3',
  }
  await client.receipted('SEND', headers, 'a\0b')
  await client.receipted('SEND', { destination: '/queue/volatile' }, 'gone after a restart')
  const lines = { destination: '/topic/t', 'activemq.subscriptionName': 's', 'activemq.noLocal': 'true', id: 'd' }
  await client.receipted('SUBSCRIBE', { ...lines, selector: "a = 'é'" })
}

/** One message in two queues. */
const both = (client: Client): Promise<unknown> =>
  client.receipted('SEND', { destination: '/queue/left,/queue/right', persistent: 'true' }, 'in both')

/** Takes the first `count` messages of /queue/many, acknowledges them, answers the ids of the next two. */
async function consume(client: Client, count: number): Promise<string[]> {
  const ack = 'client-individual'
  client.send('SUBSCRIBE', { id: 's', destination: '/queue/many', ack, 'activemq.prefetchSize': `${count + 2}` })
  for (let n = 0; n < count; n++) {
    const { headers } = await client.expect('MESSAGE')
    client.send('ACK', { id: headers.get('ack') ?? '' })
  }
  const next: string[] = []
  for (let n = 0; n < 2; n++) next.push((await client.expect('MESSAGE')).headers.get('message-id') ?? '')
  client.send('DISCONNECT')
  await client.closed()
  return next
}

test('record.ts: a reader written from the description finds every message that was sent and not consumed, and no other', async t => {
  const world = new World()
  t.teardown(() => world.end())
  const xml = brokerXml({
    body: `<persistenceAdapter><kahaDB directory="\${activemq.data}/read" journalMaxFileLength="256kb"/></persistenceAdapter>`,
  })
  await world.start(xml)
  await fill(await world.connect({ 'client-id': 'reader' }))
  await both(await world.connect())
  const next = await consume(await world.connect(), 5)
  await world.stop()

  const first = read(world)
  const many = Array.from({ length: 35 }, (_, n) => body(n + 5, 20_000))
  t.deepEqual(bodies(first, 'many'), many)
  t.deepEqual(bodies(first, 'group'), ['t1', 't2'])
  t.is(first.types[8], 1, 'one transaction')
  t.deepEqual(bodies(first, 'volatile'), ['gone after a restart'])
  const [one] = [...first.live.values()].filter(({ queue }) => queue === 'one')
  t.like(one, { body: 'a\0b', priority: 7, persistent: true, text: false, hidden: 'JMSXGroupID:g\n' })
  const ids = [...first.live.values()].filter(({ queue }) => queue === 'many').map(({ id }) => id)
  t.deepEqual(ids.slice(0, 2), next, 'the ids that the consumer saw')
  t.true(first.files >= 3, 'several files, one chain')
  t.deepEqual(
    [...first.barriers].sort((a, b) => a - b),
    [0, 1],
  )
  t.deepEqual(
    first.epochs.map(({ n, reason }) => [n, reason]),
    [[1, 0]],
  )

  t.deepEqual([bodies(first, 'left'), bodies(first, 'right')], [['in both'], ['in both']])
  const durable = { clientId: 'reader', name: 's', topics: 't', selector: "a = 'é'", noLocal: true }
  t.deepEqual(first.subscriptions, [durable])

  const snapshot = readSnapshot(join(world.directory, 'data', 'read'))
  t.is(snapshot.at, first.end)
  t.deepEqual([...snapshot.live].sort(), [...first.live.keys()].sort())
  t.deepEqual(snapshot.names.sort(), ['group', 'left', 'many', 'one', 'right', 'volatile'])
  t.deepEqual(snapshot.subscriptions, [durable])
  t.deepEqual(snapshot.epochs, [first.epochs[0]?.uid])

  await world.start(xml)
  await world.stop()
  const second = read(world)
  t.deepEqual(bodies(second, 'volatile'), [], 'a restart ends what is not persistent')
  t.deepEqual(bodies(second, 'many'), many)
  t.deepEqual(
    second.epochs.map(({ n, reason }) => [n, reason]),
    [
      [1, 0],
      [2, 1],
    ],
  )
  t.not(second.epochs[0]?.uid, second.epochs[1]?.uid)
})
