import test from 'ava'
import {
  LateBudget,
  Published,
  Selection,
  Topic,
  TopicMemory,
  builtInPolicy,
  emptyDelivery,
  nextSerial,
  selectionOf,
  type Delivery,
} from '../../src/destination/destination.ts'
import { RecordFields } from '../../src/destination/record-fields.ts'
import { MESSAGE_HEADER, Trait, writeLsn } from '../../src/journal/journal.ts'

interface Parts {
  readonly headers?: string
  readonly body?: string
  readonly hidden?: string
  readonly traits?: number
  readonly expires?: number
  readonly also?: readonly number[]
}

function message({ headers = '', body = '', hidden = '', traits = 0, expires = 0, also = [] }: Parts): Delivery {
  const lines = Buffer.from(`message-id:ID\\ch\\c1\n${headers}`)
  const ids = Buffer.alloc(4 * also.length)
  for (const [i, id] of also.entries()) ids.writeUInt32LE(id, 4 * i)
  const block = Buffer.concat([Buffer.alloc(MESSAGE_HEADER), lines, Buffer.from(`\n${body}\0\n${hidden}`), ids])
  const view = new DataView(block.buffer, block.byteOffset, block.length)
  view.setUint32(4, block.length, true)
  view.setUint8(20, 6)
  view.setUint8(21, traits)
  view.setUint16(22, also.length, true)
  writeLsn(view, 32, expires)
  view.setUint32(40, lines.length, true)
  view.setUint32(44, Buffer.byteLength(body), true)
  return { ...emptyDelivery(), block, view, length: block.length, serial: nextSerial() }
}

const topic = { kind: 1, name: 't' } as const

test('S-SND-14, S-15: properties are read exactly by name, decoded, the body and hidden lines being none', t => {
  const fields = new RecordFields().of(
    message({
      headers: 'a:1\nab:2\nA:3\nempty:\nesc:x\\cy\\n\\\\z\\r\ncolon:a\nünï:ü€\n',
      body: 'b:in the body\n',
      hidden: 'JMSXGroupID:g\\c1\nh:hidden\n',
      also: [0x3a68_6261, 7],
    }),
    topic,
  )
  const expected = { a: '1', ab: '2', A: '3', empty: '', esc: 'x:y\n\\z\r', colon: 'a' }
  for (const [name, value] of Object.entries(expected)) t.is(fields.property(name), value, name)
  for (const name of ['b', 'h', 'aa', 'colo', 'message', 'x']) t.is(fields.property(name), undefined, name)
  t.is(fields.field('JMSXGroupID'), 'g:1')
  t.is(fields.field('JMSMessageID'), 'ID:h:1')
  t.is(Buffer.from(fields.body()).toString(), 'b:in the body\n')
})

test('S-16: the lines of STOMP fields are no properties, and S-15: they are fields', t => {
  const headers = 'expires:5\npriority:6\ntimestamp:7\npersistent:true\ntype:k\nreply-to:/remote-temp-queue/ID\\c1\n'
  const fields = new RecordFields().of(message({ headers, traits: Trait.persistent, expires: 5 }), topic)
  for (const name of ['expires', 'priority', 'timestamp', 'persistent', 'type']) t.is(fields.property(name), undefined)
  t.is(fields.field('JMSExpiration'), 5)
  t.is(fields.field('JMSPriority'), 6)
  t.is(fields.field('JMSTimestamp'), 7)
  t.is(fields.field('JMSDeliveryMode'), 'PERSISTENT')
  t.is(fields.field('JMSType'), 'k')
  t.is(fields.field('JMSReplyTo'), 'temp-queue://ID:1')
  t.is(fields.field('JMSXGroupSeq'), 0)
  t.is(fields.field('JMSCorrelationID'), undefined)
})

test('S-15: JMSDestination is the original destination, else what is shown, else where the message is', t => {
  const fields = new RecordFields()
  const read = (parts: Parts, at: { kind: 0 | 1; name: string } | null = topic): unknown =>
    fields.of(message(parts), at).field('JMSDestination')
  t.is(read({}), 'topic://t')
  t.is(read({}, { kind: 0, name: 'q' }), 'queue://q')
  t.is(read({}, null), undefined)
  t.is(read({ traits: Trait.shownAs, hidden: '@destination:/topic/a\\cb\n' }), 'topic://a:b')
  t.is(read({ headers: 'original-destination:/queue/o\n' }), 'queue://o')
  t.is(read({ headers: 'original-destination:/queue/o,topic\\c//p\n' }), 'o,topic://p')
  t.is(read({ headers: 'reply-to:nowhere\n' }), 'topic://t')
  t.is(fields.of(message({ headers: 'reply-to:nowhere\n' }), null).field('JMSReplyTo'), undefined)
})

test('another message is never mistaken for the one before, whatever object it comes in', t => {
  const fields = new RecordFields()
  const one = message({ headers: 'a:1\n' })
  const two = message({ headers: 'a:2\n' })
  const lent = emptyDelivery()
  for (let i = 0; i < 4; i++) {
    Object.assign(lent, i % 2 === 0 ? one : two, { serial: i < 2 ? nextSerial() : 0 })
    t.is(fields.of(lent, null).property('a'), i % 2 === 0 ? '1' : '2')
  }
})

test('a thousand selectors over one message read each header once, and keep nothing of one that does not match', t => {
  const none = new LateBudget(0, () => {})
  const at = new Topic(topic, builtInPolicy, new TopicMemory(), { history: none, retained: none })
  const matched: number[] = []
  for (let i = 0; i < 1000; i++) {
    const selection = selectionOf(`region = 'eu' AND price > ${i + 499}`, true)
    if (!(selection instanceof Selection)) return t.fail(selection.message)
    at.add({
      priority: 0,
      publish: ({ delivery }) => {
        if (selection.accepts(delivery)) matched.push(i)
      },
      replay: () => {},
      audits: false,
    })
  }
  const { block, view, length } = message({ headers: 'region:eu\nprice:500\nother:x\n' })
  let decoded = 0
  block.toString = (...parts) => {
    decoded++
    return Buffer.prototype.toString.apply(block, parts)
  }
  const published = new Published(emptyDelivery())
  published.lend(at, block, view, length)
  at.publish(published, 0)
  t.deepEqual(matched, [0])
  t.is(decoded, 2)
})
