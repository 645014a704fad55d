import test from 'ava'
import { RecordFields } from '../../src/destination/record-fields.ts'
import { hiddenEnd, hiddenStart } from '../../src/journal/journal.ts'
import { ownMessage, type OwnMessage } from '../../src/session/session.ts'

const plain: OwnMessage = {
  id: 'ID:h:1',
  persistent: false,
  priority: 0,
  expires: 0,
  timestamp: 0,
  text: true,
  headers: [],
  body: Buffer.alloc(0),
}

test('a message of the broker’s own is a whole record: fields, properties, body, nothing hidden', t => {
  const message = ownMessage({
    ...plain,
    priority: 7,
    expires: 99,
    persistent: true,
    headers: [
      ['type', 'Advisory'],
      ['origin', 'a:b\r\n\\c'],
    ],
    body: Buffer.from('{"a":1}'),
  })
  const fields = new RecordFields().of(message, null)
  t.is(fields.field('JMSMessageID'), 'ID:h:1')
  t.is(fields.field('JMSPriority'), 7)
  t.is(fields.field('JMSExpiration'), 99)
  t.is(fields.field('JMSDeliveryMode'), 'PERSISTENT')
  t.is(fields.field('JMSType'), 'Advisory')
  t.is(fields.property('origin'), 'a:b\r\n\\c')
  t.is(Buffer.from(fields.body()).toString(), '{"a":1}')
  t.is(hiddenStart(message.view, 0), hiddenEnd(message.view, 0))
  t.is(message.length, hiddenEnd(message.view, 0))
})

test('S-MSG-05: bytes have a content-length, texts have none', t => {
  const headers = (text: boolean): string =>
    ownMessage({ ...plain, text, body: Buffer.from([0, 1, 2]) }).block.toString('latin1')
  t.regex(headers(false), /\ncontent-length:3\n/)
  t.notRegex(headers(true), /content-length/)
})
