import test, { type ExecutionContext } from 'ava'
import { PairSite } from '../chaos/pair.ts'
import { started } from '../contract/consuming.ts'
import { SSL_CONTEXT } from '../contract/tls.ts'
import { Client } from '../contract/world.ts'
import {
  acknowledges,
  beats,
  encrypts,
  exchanges,
  refuses,
  remembers,
  transacts,
  type Talk,
  type Version,
} from './judge.ts'
import { LANGUAGES, NODE, installed, run, type Language } from './languages.ts'

/** `npm run test:clients`. */
const all = process.env['TANDEMMQ_CLIENTS'] === 'all'
const VERSIONS: readonly Version[] = ['1.0', '1.1', '1.2']
const INDIVIDUAL = `<destinationPolicy><policyMap><policyEntries><policyEntry queue=">"><deadLetterStrategy>
  <individualDeadLetterStrategy queuePrefix="DLQ."/></deadLetterStrategy></policyEntry></policyEntries></policyMap></destinationPolicy>`

function each(
  language: Language,
  versions: readonly Version[],
  title: string,
  body: (talk: Talk) => Promise<unknown>,
): void {
  for (const version of versions) {
    test.serial(`${language.name} ${version} ${title}`, async t => {
      const connectors = { stomp: 'stomp://127.0.0.1:0', tls: 'stomp+ssl://127.0.0.1:0' }
      const world = await started(t, { body: INDIVIDUAL + SSL_CONTEXT, connectors })
      await body({ t, world, language, version })
      t.pass()
    })
  }
}

/** Every message whose receipt the client got is on the node that took over; it may be there twice, never missing. */
async function survives(t: ExecutionContext, language: Language): Promise<void> {
  const site = await PairSite.paired()
  t.teardown(() => site.end())
  const receipted: string[] = []
  const kills: Promise<void>[] = []
  await run(
    language,
    {
      version: language.failoverVersion,
      host: '127.0.0.1',
      ports: site.ports,
      heartBeat: 0,
      connect: {},
      steps: [{ do: 'flood', destination: '/queue/flood', count: 200 }],
    },
    ({ event, body = '' }) => {
      if (event !== 'receipt') return
      receipted.push(body)
      if (receipted.length === 60) kills.push(site.one.kill())
    },
  )
  await Promise.all(kills)
  t.is(receipted.length, 200)
  const reader = await Client.dial(site.two.port)
  reader.send('CONNECT', { 'accept-version': '1.2' })
  await reader.expect('CONNECTED')
  await reader.receipted('SUBSCRIBE', { id: '1', destination: '/queue/flood' })
  const there = new Set<string>()
  while (there.size < 200) there.add((await reader.expect('MESSAGE')).body.toString())
  t.deepEqual(
    receipted.filter(body => !there.has(body)),
    [],
  )
  reader.destroy()
}

each(NODE, ['1.2'], 'connects, sends, and gets its receipts and messages', exchanges)
each(NODE, ['1.2'], 'acknowledges in every mode', acknowledges)
each(NODE, ['1.2'], 'refuses a message, which is dead-lettered', refuses)
each(NODE, ['1.2'], 'commits and aborts transactions', transacts)
each(NODE, ['1.2'], 'finds what its durable subscription collected', remembers)

for (const language of all ? LANGUAGES : []) {
  if (!installed(language)) {
    console.log(`clients: ${language.name} is skipped, it is not installed (${language.install})`)
    continue
  }
  each(language, VERSIONS, 'connects, sends, and gets its receipts and messages', exchanges)
  each(language, VERSIONS, 'acknowledges in every mode', acknowledges)
  each(language, ['1.1', '1.2'], 'refuses a message, which is dead-lettered', refuses)
  each(language, VERSIONS, 'commits and aborts transactions', transacts)
  each(language, VERSIONS, 'finds what its durable subscription collected', remembers)
  if (language.tls) each(language, ['1.2'], 'talks over TLS', encrypts)
  else console.log(`clients: ${language.name} has no TLS`)
  if (language.heartBeats) each(language, ['1.1', '1.2'], 'keeps an idle connection open by heart-beats', beats)
  else console.log(`clients: ${language.name} has no heart-beats`)
  if (language.failover)
    test.serial(`${language.name} fails over to the passive, and nothing receipted is lost`, survives, language)
  else console.log(`clients: ${language.name} has no failover of its own`)
}
if (!all) console.log('clients: foreign languages are skipped; npm run test:clients')
