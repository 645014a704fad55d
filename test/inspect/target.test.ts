import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test from 'ava'
import type { Finding } from '../../src/base/findings.ts'
import { loadTools, readConfig } from '../../src/config/config.ts'
import { RELEASES, targetFindings, targetOf } from '../../src/inspect/inspect.ts'
import { beans, broker, CONFIGURER, STOMP } from '../config/loading.ts'
import { reading, vocabulary } from './reading.ts'

async function of(release: string, xml: string, source = 'activemq.xml'): Promise<readonly Finding[]> {
  return targetFindings(await reading({ 'activemq.xml': xml }), await vocabulary(), release, source)
}

const told = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ severity, code, message }) => `${severity} ${code} ${message}`)

/** What that release says about a broker with these attributes, and nothing else. */
const says = async (release: string, attributes: string, content = STOMP): Promise<string> =>
  told(await of(release, beans(broker(attributes, content)))).join('\n')

test('a version is named in full, by its line, or in words', t => {
  const release = (text: string): string => {
    const target = targetOf(text)
    return 'problem' in target ? target.problem : target.kind === 'tandemmq' ? target.kind : target.release
  }
  t.is(release('tandemmq'), 'tandemmq')
  t.is(release('5.7.0'), '5.7.0')
  t.is(release('activemq-5.7'), '5.7.0')
  t.is(release('5.15'), '5.15.15')
  t.is(release('5.x'), '5.19.10')
  t.is(release('activemq-6.x'), '6.3.1')
  t.is(release('4.1'), '4.1.2')
  t.is(release('head'), '6.3.1')
  t.is(release('ActiveMQ'), '6.3.1')
  t.is(release('tandemqm'), 'there is no version "tandemqm"; did you mean "tandemmq"?')
  t.regex(release('5.71'), /did you mean "5\.17"/)
  t.regex(release('7.0'), /there is no version "7\.0"/)
  t.regex(release('five'), /known: tandemmq, 4\.1 to 6\.3/)
})

test('a release in between takes the words of the one before it, and says so', t => {
  t.deepEqual(targetOf('5.18.3'), { kind: 'activemq', release: '5.18.0', asked: '5.18.3' })
  t.deepEqual(targetOf('6.0.0'), { kind: 'activemq', release: '6.0.1', asked: '6.0.0' })
  t.deepEqual(targetOf('4.0.2'), { kind: 'activemq', release: '4.0.2', asked: null })
})

const shared = resolve('../shared/spec/vocabulary.json')
;(existsSync(shared) ? test : test.skip)('every release of the vocabulary can be asked about', t => {
  const { versionsChecked } = JSON.parse(readFileSync(shared, 'utf8')) as { versionsChecked: readonly string[] }
  t.deepEqual(RELEASES, versionsChecked.slice(0, -1))
  t.is(versionsChecked.at(-1), 'HEAD')
})

test('config 1.4 rule 7: what came later or is gone is rejected, with the release that knew it', async t => {
  t.regex(
    await says('5.8.0', 'masterConnectorURI="tcp://a:1"'),
    /^error TARGET_REJECTED ActiveMQ 5\.8\.0 does not know the attribute "masterConnectorURI" of <broker> \(cvc-complex-type\.3\.2\.2\): 5\.7\.0 was the last/,
  )
  t.is(await says('5.7.0', 'masterConnectorURI="tcp://a:1"'), '')
  t.regex(await says('5.3.0', 'schedulerSupport="true"'), /schedulerSupport" of <broker>: it came with 5\.4\.0/)
  const old = '<persistenceAdapter><amqPersistenceAdapter directory="a"/></persistenceAdapter>' + STOMP
  t.regex(await says('5.9.0', '', old), /does not know <amqPersistenceAdapter> \(cvc-complex-type\.2\.4\.a\): 5\.8\.0/)
  t.is(await says('5.8.0', '', old), '')
  t.regex(
    await says('5.3.0', '', `<shutdownHooks/>${STOMP}`),
    /does not know <shutdownHooks> in <broker>: it came with 5\.4\.0/,
  )
})

test('config 4.1: the names that only documentation had are rejected by every release', async t => {
  for (const release of ['4.1.2', '5.7.0', '6.3.1'])
    for (const name of [
      'activeConnectorURI="tcp://a:1"',
      'waitForPassive="true"',
      'waitForPassiveTimeout="1"',
      'shutdownOnPassiveFailure="true"',
      'shutdownOnActiveFailure="true"',
    ])
      t.regex(
        await says(release, name),
        /TARGET_REJECTED no ActiveMQ release knows the attribute/,
        `${release} ${name}`,
      )
  const service = `<services><activeConnector remoteURI="tcp://a:1"/></services>${STOMP}`
  t.regex(await says('5.7.0', '', service), /no ActiveMQ release knows <activeConnector>/)
})

test('config 4.1: from 5.8 on the words of the pair are accepted and without effect', async t => {
  t.is(await says('5.7.0', 'waitForSlave="true" shutdownOnMasterFailure="true"'), '')
  const later = await says('5.8.0', 'waitForSlave="true" shutdownOnMasterFailure="true" shutdownOnSlaveFailure="false"')
  t.is(later.match(/warn TARGET_IGNORED/g)?.length, 2, 'a default has no effect anyway')
  t.regex(later, /accepts "waitForSlave" and does nothing about it/)
})

test('config 1.3: the namespace of 4.x, that of 5.1, and none', async t => {
  const old = broker('', STOMP).replace('http://activemq.apache.org/schema/core', 'http://activemq.org/config/1.0')
  t.deepEqual(told(await of('5.0.0', beans(old))), [])
  t.regex(told(await of('5.1.0', beans(old))).join(), /the namespace http:\/\/activemq\.org\/config\/1\.0 was that of/)
  t.regex(told(await of('4.1.2', beans(broker('', STOMP)))).join(), /came with ActiveMQ 5\.1\.0/)
  const none = broker('activeConnectorURI="tcp://a:1"', STOMP).replace(/ xmlns="[^"]*"/, '')
  t.regex(told(await of('5.7.0', none)).join(), /error CONFIG_NO_NAMESPACE/)
})

test('config 1.4 rule 8: the schema of a typed attribute takes no placeholder', async t => {
  const typed =
    '<destinationPolicy><policyMap><policyEntries><policyEntry queue=">" memoryLimit="${m:1mb}" producerFlowControl="${f:true}"/></policyEntries></policyMap></destinationPolicy>'
  const text = await says('5.7.0', 'persistent="${p:true}"', typed + STOMP)
  t.is(text.match(/TARGET_REJECTED/g)?.length, 1, text)
  t.regex(text, /"producerFlowControl" of <policyEntry> is xs:boolean, which may hold no placeholder/)
  t.regex(await says('5.3.2', 'persistent="${p:true}"'), /a placeholder with a default, which came with 5\.4\.0/)
  const xml = beans(broker('useShutdownHook="${h:true}"', STOMP))
  t.is((await of('5.7.0', xml)).length, 1)
  t.deepEqual(await of('5.7.0', xml, 'xbean:activemq.xml?validate=false'), [])
  t.is((await of('5.4.0', xml, 'xbean:activemq.xml?validate=false')).length, 1, 'it came with 5.4.2')
})

test('config 2.2: what ActiveMQ does not trim, and what it does not take for a boolean', async t => {
  t.regex(await says('5.7.0', 'persistent="true "'), /"persistent" of <broker> has blanks around its value/)
  t.regex(await says('5.7.0', 'persistent="1"'), /"persistent" of <broker> is only true or false/)
  t.is(await says('5.7.0', 'persistent="TRUE" useShutdownHook=" 1 "'), '')
  t.regex(await says('5.7.0', 'useShutdownHook="True"'), /"useShutdownHook" of <broker> is xs:boolean/)
  t.is(await says('5.3.0', 'useShutdownHook="True"'), '', 'before 5.4 nothing was checked against the schema')
})

test('config 1.3: only 5.4 and 5.5 want the alphabet', async t => {
  const content = `${STOMP}<plugins/><systemUsage/>`
  for (const release of ['5.3.2', '5.6.0', '6.3.1']) t.is(await says(release, '', content), '', release)
  for (const release of ['5.4.0', '5.5.0']) {
    const text = await says(release, '', content)
    t.is(text.match(/TARGET_REJECTED/g)?.length, 2, text)
    t.regex(text, /wants <plugins> before <transportConnectors>/)
  }
})

test('config 1.4, 1.5, 3.3: names used twice, missing properties and misspelt options are told for a release too', async t => {
  const twice = STOMP.replace(
    '</transportConnectors>',
    '<transportConnector name="stomp" uri="stomp://127.0.0.1:1"/></transportConnectors>',
  )
  t.regex(await says('5.7.0', '', twice), /error CONFIG_DUPLICATE_NAME/)
  const configurer = CONFIGURER.replace('/>', '><property name="location" value="file:/nowhere.properties"/></bean>')
  t.regex(
    told(await of('5.7.0', beans(broker('', STOMP), configurer))).join(),
    /error TARGET_REJECTED ActiveMQ 5\.7\.0 does not start: the properties file/,
  )
  t.regex(
    await says('5.7.0', '', STOMP.replace('61613', '61613?wireformat.maxFrameSize=1')),
    /warn TARGET_IGNORED .*ignores it/,
  )
  const literal = await of('5.7.0', beans(broker('brokerName="${activemq.base}"', STOMP), ''))
  t.regex(told(literal).join(), /warn CONFIG_PLACEHOLDER/)
})

test('config 1.2: from 6.3.0 on xbean: reads files and the class path only', async t => {
  const read = await readConfig('xbean:http://127.0.0.1/a.xml', { properties: {}, env: {}, cwd: '/' })
  const at = async (release: string): Promise<string> =>
    told(targetFindings(read, await vocabulary(), release, 'xbean:http://127.0.0.1/a.xml')).join('\n')
  t.regex(await at('6.3.0'), /reads an xbean: URI only from file: and classpath:, not from http:/)
  t.notRegex(await at('6.2.9'), /TARGET/)
})

test('what only TandemMQ does not serve is no matter of ActiveMQ', async t => {
  const openwire = STOMP.replace('stomp://', 'amqp://')
  t.is(await says('5.18.0', 'passiveSlave="false" useVirtualTopics="true"', openwire), '')
})

const CORPUS = resolve('../shared/corpus')
const overCorpus = existsSync(CORPUS) ? test : test.skip
if (!existsSync(CORPUS)) console.log('the corpus of configuration files is not here: its tests are skipped')

overCorpus("ActiveMQ's own files are right for the version they were shipped with", async t => {
  const rows = readFileSync(join(CORPUS, 'CORPUS.tsv'), 'utf8').trim().split('\n').slice(1)
  const { vocabulary: words } = await loadTools()
  let checked = 0
  for (const row of rows) {
    const [file = ''] = row.split('\t')
    const version = /^amq-([\w.]+)--/.exec(file)?.[1]
    const target = version === undefined ? null : targetOf(version)
    if (target === null || 'problem' in target || target.kind === 'tandemmq') continue
    checked++
    const read = await readConfig(join(CORPUS, file), { properties: {}, env: {}, cwd: '/' })
    const wrong = targetFindings(read, words, target.release, file).filter(
      ({ code, message }) => code === 'TARGET_REJECTED' && !message.includes('the properties file'),
    )
    t.deepEqual(told(wrong), [], file)
  }
  t.true(checked > 40)
})
