import test from 'ava'
import { readTwinUris } from '../../src/pair/pair.ts'

const places = (...texts: string[]): string | string[] => {
  const read = readTwinUris(texts)
  return 'problem' in read ? read.problem : read.map(({ tls, host, port }) => `${tls ? 'ssl' : 'tcp'} ${host} ${port}`)
}

const READ: readonly (readonly [text: string, places: readonly string[]])[] = [
  ['tcp://a:61616', ['tcp a 61616']],
  ['  nio://10.0.0.2:61613?soTimeout=5  ', ['tcp 10.0.0.2 61613']],
  ['stomp+nio+ssl://[::1]:61617', ['ssl ::1 61617']],
  ['auto+nio://my_host:1', ['tcp my_host 1']],
  ['failover:(tcp://a:1,ssl://b:2)?randomize=false&nested.soTimeout=3', ['tcp a 1', 'ssl b 2']],
  ['failover://(tcp://a:1?x=(1,2),tcp://b:2)', ['tcp a 1', 'tcp b 2']],
  ['failover:tcp://a:1', ['tcp a 1']],
  ['static:(failover:(tcp://a:1,tcp://b:2),tcp://c:3)', ['tcp a 1', 'tcp b 2', 'tcp c 3']],
  ['masterslave:(tcp://a:1, tcp://b:2)', ['tcp a 1', 'tcp b 2']],
  ['tcp://a:1,tcp://b:2', ['tcp a 1', 'tcp b 2']],
]
for (const [text, expected] of READ)
  test(`the twin of ${text.trim()} is found`, t => t.deepEqual(places(text), [...expected]))

const REFUSED: readonly (readonly [text: string, why: RegExp])[] = [
  ['tcp://a', /names no port; write the port of the twin's connector, such as tcp:\/\/a:61613/],
  ['tcp://:61616', /names no host/],
  ['tcp://a:0', /0 is not a port/],
  ['tcp://a:99999', /99999 is not a port/],
  ['vm://other', /a twin is not reached by vm/],
  ['ws://a:61614', /a twin is not reached by ws/],
  ['http://a:80', /a twin is not reached by http/],
  ['failover:(tcp://a:1', /brackets do not match/],
  ['failover:()', /no address of the twin/],
  ['a:61616', /a twin is not reached by a|not an address/],
  ['', /not an address/],
  ['failover:failover:failover:failover:failover:tcp://a:1', /lists inside lists/],
]
for (const [text, why] of REFUSED) test(`"${text}" is refused with the reason`, t => t.regex(String(places(text)), why))

test('the host name of the certificate counts unless the URI says verifyHostName=false', t => {
  const verified = (text: string): unknown => {
    const read = readTwinUris([text])
    return 'problem' in read ? read.problem : read[0]?.verifyHostName
  }
  t.true(verified('ssl://a:1?x=y'))
  t.false(verified('ssl://a:1?verifyHostName=false'))
  t.false(verified('ssl://a:1?x=y&socket.verifyHostName=false'))
  t.true(verified('ssl://a:1?notVerifyHostName=false'))
})

test('a password in a URI is not shown', t => {
  const read = readTwinUris(['tcp://ann:secret@a:1?password=secret'])
  t.notRegex(JSON.stringify(read), /secret/)
})
