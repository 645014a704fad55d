import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { checkCertificates } from '../../src/cli/doctor-checks.ts'
import { formatFinding, loadConfig, type BrokerConfig } from '../../src/config/config.ts'
import { checkStart } from '../../src/server/server.ts'
import { startRounds } from '../../src/server/rounds.ts'
import { metricsText } from '../../src/management/management.ts'
import { jettyXml, REALM, secureConnector } from '../config/jetty-files.ts'
import { named, read } from '../management/shown.ts'
import { makeCertificate } from '../security/make-certificate.ts'
import { World, brokerXml } from './world.ts'

const DAY = 86_400_000
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

interface Site {
  readonly world: World
  /** Puts a certificate in the place of the one that is there; answers when it ends, ms since 1970. */
  readonly replace: (days: number) => number
  readonly xml: string
  readonly store: string
  readonly load: () => Promise<BrokerConfig>
}

/** A broker's files: TLS connector, HTTPS, and an active that is dialled by TLS, all with a certificate that ends in so many days. */
function site(
  t: ExecutionContext,
  days: number,
  { dials = false, https = false } = {},
): Site & { readonly ends: number } {
  const world = new World()
  t.teardown(() => world.end())
  const store = join(world.directory, 'broker.pem')
  const replace = (left: number): number => {
    // To the second, as certificates are.
    const ends = Math.floor((Date.now() + left * DAY) / 1000) * 1000
    writeFileSync(store, makeCertificate('broker', ends))
    return ends
  }
  const body = `<sslContext><sslContext keyStore="${store}" keyStoreType="pem" trustStore="${store}" trustStoreType="pem"/></sslContext>`
  const attributes = dials ? 'masterConnectorURI="ssl://127.0.0.1:1"' : 'persistent="false"'
  const connectors = { plain: 'stomp://127.0.0.1:0', tls: 'stomp+ssl://127.0.0.1:0' }
  let xml = brokerXml({ attributes, body, connectors })
  if (https) {
    xml = xml.replace('</beans>', '<import resource="jetty.xml"/></beans>')
    const secure = secureConnector(store, '0').replace('value="pkcs12"', 'value="pem"')
    writeFileSync(join(world.directory, 'jetty.xml'), jettyXml({ port: '0', connectors: secure }))
    writeFileSync(join(world.directory, 'jetty-realm.properties'), REALM)
  }
  const load = async (): Promise<BrokerConfig> => {
    const file = join(world.directory, 'activemq.xml')
    writeFileSync(file, xml)
    const properties = { 'activemq.data': join(world.directory, 'data'), 'activemq.conf': world.directory }
    const { config, findings } = await loadConfig(file, { properties, env: {}, cwd: world.directory })
    if (config === null) throw new Error(findings.map(formatFinding).join('\n'))
    return config
  }
  return { world, replace, xml, store, load, ends: replace(days) }
}

const said = ({ lines }: World): readonly string[] => lines.filter(line => line.includes('the certificate CN='))

const scraped = ({ running: { beans } }: World): string => {
  const source = { beans, brokerName: 'test', version: '1', loopLagMs: 0, serving: true }
  const all = { names: 'snake', destinationsMax: 10, destination: null, withAdvisories: false } as const
  return metricsText(source, { format: 'prometheus', families: new Set(), ...all }).toString()
}

test('a certificate that ends soon is warned of at the start, and no more when a reload has put another in its place', async t => {
  const { world, xml, ends, replace, load } = site(t, 10.5)
  await world.start(xml)
  t.deepEqual(said(world), [`WARN connector "tls": the certificate CN=broker expires on ${dayOf(ends)}, in 10 days`])
  t.regex(
    scraped(world),
    new RegExp(`^tandemmq_certificate_expiry_timestamp_seconds\\{connector="tls"\\} ${ends / 1000}$`, 'm'),
  )

  const later = replace(90)
  world.running.reload(await load())
  t.is(said(world).length, 1)
  t.regex(
    scraped(world),
    new RegExp(`^tandemmq_certificate_expiry_timestamp_seconds\\{connector="tls"\\} ${later / 1000}$`, 'm'),
  )

  const soon = replace(5.5)
  world.running.reload(await load())
  t.is(said(world).at(-1), `WARN connector "tls": the certificate CN=broker expires on ${dayOf(soon)}, in 5 days`)
})

test('one that has expired is an error in the log, and the health of the broker says so', async t => {
  const { world, xml, ends } = site(t, -3)
  await world.start(xml)
  t.deepEqual(said(world), [`ERROR connector "tls": the certificate CN=broker expired on ${dayOf(ends)}`])
  const status = String(read(world.running.beans, named(['service', 'Health']), 'CurrentStatus')['CurrentStatus'])
  t.regex(status, /io\.tandemmq\.certificate\.tls: ERROR connector "tls": the certificate CN=broker expired on /)
})

test('the certificate of HTTPS and the one that a passive shows to its active are looked at too', async t => {
  const { load, ends, store } = site(t, 10.5, { dials: true, https: true })
  const config = await load()
  const now = ends - 10.5 * DAY
  const found = checkStart(config, { properties: {}, environment: {} }, new Set(), now)
  const told = found.filter(({ code }) => code === 'TLS_CERTIFICATE_EXPIRES')
  t.deepEqual(
    told
      .map(({ severity, message, hint }) => `${severity} ${message.replace(/:\d+: the/, ': the')} / ${hint ?? ''}`)
      .toSorted(),
    ['connector "tls"', 'the HTTP interface at 127.0.0.1', 'the link to the active'].map(
      place =>
        `warn ${place}: the certificate CN=broker expires on ${dayOf(ends)}, in 10 days / Replace it in ${store}, then "tandemmq reload".`,
    ),
  )
  const late = checkStart(config, { properties: {}, environment: {} }, new Set(), ends)
  t.is(late.filter(({ code, severity }) => code === 'TLS_CERTIFICATE_EXPIRED' && severity === 'warn').length, 3)
  t.deepEqual(checkStart(config, { properties: {}, environment: {} }, new Set(), ends - 31 * DAY), [])
})

test('doctor looks at HTTPS alone as well', async t => {
  const { load, ends } = site(t, 10.5, { https: true })
  const config = await load()
  const alone = { ...config, connectors: [], tls: null }
  const [found] = checkCertificates(alone, ends - 10.5 * DAY)
  t.is(found?.status, 'warning')
  t.is(found?.text, 'CN=broker is good for 10 days')
})

test('a node looks at its certificates once a day', t => {
  const rounds: { readonly run: () => void; readonly ms: number }[] = []
  const { setInterval: real } = globalThis
  let looks = 0
  const store = { scrub: null } as Parameters<typeof startRounds>[0] // nothing else is asked of it
  globalThis.setInterval = ((run: () => void, ms: number) => {
    rounds.push({ run, ms })
    return { unref: () => null }
  }) as unknown as typeof setInterval
  try {
    startRounds(store, () => false, { tellCertificates: () => void looks++ })
  } finally {
    globalThis.setInterval = real
  }
  t.is(looks, 1)
  for (const { run, ms } of rounds) if (ms === DAY) run()
  t.is(looks, 2)
})
