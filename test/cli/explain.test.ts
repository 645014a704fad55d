import { join } from 'node:path'
import test from 'ava'
import { CODES } from '../../src/base/codes.ts'
import { EVENTS } from '../../src/base/event-codes.ts'
import { broker, beans, directoryWith, STOMP } from '../config/loading.ts'
import { elements, transports } from '../vocabulary/words.ts'
import { call } from './terminal.ts'

const explained = async (...args: readonly string[]): Promise<string> => {
  const { code, out, err } = await call(['explain', ...args])
  return code === 0 ? out : `${code}: ${err}`
}

test('explain tells an element: meaning, class, versions, where it stands, its attributes', async t => {
  const text = await explained('policyEntry')
  t.regex(text, /^<policyEntry> {2}element\n/)
  t.regex(text, /class +HONOUR: in force here/)
  t.regex(text, /stands in +.*<policyMap><policyEntries>/)
  t.regex(text, /queuePrefetch +int = 1000 +HONOUR +\S/)
  t.regex(text, /allowTempDestinationStealing +boolean = false +WARN +a temporary destination/)
  t.regex(
    await explained('amqPersistenceAdapter'),
    /reason .*journal in that directory\n.*versions +ActiveMQ 5.0.0 to 5.8.0/,
  )
  t.regex(await explained('journaledJDBC@dataSource'), /override +-Dtandemmq\.store=journal/)
})

test('explain tells an attribute: type, default of both eras, versions, effect, other spellings, what it takes', async t => {
  const text = await explained('kahaDB@checksumJournalFiles')
  t.regex(text, /type +boolean = true \(5\.7: false\)/)
  t.regex(text, /class +ACCEPT: valid, without effect here\n +reason +every record has a checksum/)
  t.regex(await explained('broker@waitForSlave'), /also +waitForPassive/)
  t.regex(await explained('broker@waitForPassive'), /another spelling of waitForSlave/)
  t.regex(await explained('authorizationPlugin@map'), /takes +<authorizationMap>.*\n +beans .*stops the start/)
  t.regex(await explained('authenticationUser@password'), /secret/)
  t.regex(await explained('replicatedLevelDB@zkPath'), /inside +<replicatedLevelDB> is REFUSE/)
})

test('an attribute without its element lists every element that has it', async t => {
  const text = await explained('lockAcquireSleepInterval')
  t.regex(text, /shared-file-locker@lockAcquireSleepInterval {2}HONOUR: /)
  t.regex(text, /lease-database-locker@lockAcquireSleepInterval {2}ACCEPT: /)
  t.regex(await explained('@physicalName'), /queue@physicalName/)
})

test('explain tells schemes and options of a uri, and codes', async t => {
  t.regex(await explained('stomp+nio+ssl'), /STOMP, with TLS/)
  t.regex(await explained('stomp://'), /Opens a STOMP address/)
  t.regex(await explained('mqtt'), /WARN.*\n +reason +MQTT clients cannot connect here/)
  t.regex(await explained('transport.needClientAuth'), /boolean = false\n +protects/)
  t.regex(await explained('CONFIG_PROTECTION'), /does not start without it/)
})

test('every word of the reference can be asked for', async t => {
  const asked = [
    ...elements.map(([name]) => name),
    ...elements.flatMap(([name, { attributes }]) => Object.keys(attributes).map(attribute => `${name}@${attribute}`)),
    ...Object.keys(transports.options),
    ...Object.keys(transports.schemes),
    ...Object.keys(CODES),
    ...Object.keys(EVENTS),
  ]
  for (const word of asked) {
    const { code, out } = await call(['explain', word, '--json'], '/')
    const [entry] = JSON.parse(out || '[{}]') as readonly { readonly kind?: string }[]
    t.true(code === 0 && entry?.kind !== undefined, word)
  }
})

test('a word that is none is answered by the nearest one, and exit code 1', async t => {
  t.regex(await explained('brokreName'), /^1: .*did you mean "brokerName"\?/)
  t.regex(await explained('kahadb'), /did you mean "kahaDB"\?/)
  t.regex(await explained('policyEntry@memorylimit'), /did you mean "policyEntry@memoryLimit"\?/)
  t.regex(await explained('wireformat.maxFrameSize'), /did you mean "wireFormat.maxFrameSize"\?/)
  t.regex(await explained('queue://orders'), /a destination is asked of a file: tandemmq explain FILE queue:\/\/orders/)
  t.regex(await explained('CONFIG_PROTECTIN'), /did you mean "CONFIG_PROTECTION"\?/)
  t.regex(await explained('entirelyelse'), /^1: /)
  t.regex(await explained(), /^2: /)
  t.regex(await explained('broker', 'queue'), /^2: /)
})

test('explain of an element as JSON holds what the text says', async t => {
  const [element] = JSON.parse(await explained('kahaDB', '--json')) as readonly Record<string, unknown>[]
  t.like(element, { kind: 'element', name: 'kahaDB', verdict: 'HONOUR', since: '5.3.0' })
  const attributes = element?.['attributes'] as readonly Record<string, unknown>[]
  t.like(
    attributes.find(({ name }) => name === 'journalMaxFileLength'),
    { type: 'bytes32', default: '33554432', verdict: 'HONOUR' },
  )
})

test('a name that is a file, or looks like one, is explained as a file', async t => {
  const cwd = directoryWith({ 'activemq.xml': beans(broker('brokerName="x"', STOMP)), broker: broker('', STOMP) })
  t.regex((await call(['explain', 'activemq.xml'], cwd)).out, /"brokerName": "x"|brokerName.*x/)
  t.regex((await call(['explain', `xbean:file:${join(cwd, 'activemq.xml')}`], cwd)).out, /brokerName/)
  t.notRegex((await call(['explain', 'broker'], cwd)).out, /^<broker> {2}element/)
  t.not((await call(['explain', 'missing.xml'], cwd)).code, 0)
})
