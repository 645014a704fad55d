import { cpSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { VERB_NAMES } from '../../src/cli/cli.ts'
import { beans, broker, directoryWith } from '../config/loading.ts'
import { brokerXml, World } from '../contract/world.ts'
import { Tandem } from './process.ts'
import { call } from './terminal.ts'

/** What a reader may paste: the lines behind `Example:` of a help. */
async function examplesOf(verb: string): Promise<readonly string[]> {
  const [, behind = ''] = /^Examples?:\s+([^]*)$/m.exec((await call([verb, '--help'])).out) ?? []
  const [block = ''] = behind.split('\n\n')
  return block
    .trim()
    .split('\n')
    .map(line => line.trim())
}

/** A pasted line, as far as examples use a shell: settings in front, quotes, output sent elsewhere. */
function parsed(line: string): { readonly env: Readonly<Record<string, string>>; readonly args: readonly string[] } {
  const inner = /^eval "\$\((.*)\)"$/.exec(line)?.[1] ?? line
  const words = inner.replace(/ > \S+$/, '').match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []
  const plain = words.map(word => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'))
  const name = plain.indexOf('tandemmq')
  const env = Object.fromEntries(plain.slice(0, name).map(word => word.split('=') as [string, string]))
  return { env, args: plain.slice(name + 1) }
}

/** Other tests run these: they take fixed ports, end only by hand, or name machines that are none of this one. */
const ELSEWHERE = [
  /^demo /,
  /bin\/orders start$/,
  /^monitor(?: http|$)/,
  /^pair (?:status|handover|verify http)/,
  /failover:/,
  /^(?:migrate|import|salvage) /,
]

const XML = beans(
  broker(
    'brokerName="example" dataDirectory="${activemq.data}"',
    `<persistenceAdapter><kahaDB directory="\${activemq.data}/kahadb"/></persistenceAdapter>
<transportConnectors><transportConnector name="stomp" uri="stomp://127.0.0.1:0"/></transportConnectors>`,
  ),
)

/** A machine on which the examples have all that they name. */
function machine(): { readonly directory: string; here(line: string): string } {
  const directory = directoryWith({
    'conf/activemq.xml': XML,
    'etc/activemq/activemq.xml': XML,
    'var/lib/broker/.keep': '',
  })
  for (const name of ['pair', 'first'])
    cpSync(`fixtures/${name}`, join(directory, 'fixtures', name), { recursive: true })
  const here = (line: string): string =>
    line.replace(/(?<=[ =:])\/(?:etc|var\/lib|tmp)(?=\/)/g, path => join(directory, path))
  return { directory, here }
}

const ran = new Set<string>()

async function run(
  t: ExecutionContext,
  line: string,
  { directory, here }: ReturnType<typeof machine>,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  ran.add(line)
  const { env, args } = parsed(here(line))
  const { code, out, err } = await call(args, directory, {
    env: { XDG_CONFIG_HOME: join(directory, 'config'), ...more, ...env },
  })
  t.is(code, 0, `${line}\n${out}${err}`)
}

/** What runs brokers, in this order; what asks a running one; all others need none. */
const RUNNING = ['restart', 'reload', 'stop', 'restart', 'kill']
const ASKING =
  /^(?:status|list|bstat|dstat|query|browse|purge|queues|topics|connections|subscriptions|schedule|producer|consumer|monitor)$/

test.serial('the examples of verbs that need no broker work as they are written', async t => {
  const place = machine()
  const { directory, here } = place
  const data = join(directory, 'var/lib/broker/kahadb')
  const offline: string[] = []
  for (const verb of VERB_NAMES.filter(name => !RUNNING.includes(name) && !ASKING.test(name))) {
    const lines = await examplesOf(verb)
    t.true(lines.length > 0, `${verb} has no example`)
    for (const line of lines) {
      const shown = line.replace(/^tandemmq /, '')
      if (ELSEWHERE.some(pattern => pattern.test(shown))) continue
      if (/^(?:store|export|pair verify) /.test(shown)) offline.push(line)
      else if (verb === 'start' && !/--check/.test(line)) {
        ran.add(line)
        const running = new Tandem([...parsed(here(line)).args, '-Dtandemmq.http=off'], directory)
        await running.port('stomp')
        t.is((await running.stop()).code, 0, shown)
      } else if (verb !== 'help' && verb !== 'version')
        await run(t, line, place, { ACTIVEMQ_OPTS: '-Dtandemmq.http=off' })
    }
  }
  // What `start` left behind is what these read.
  for (const copy of ['lib/active/kahadb', 'lib/passive/kahadb'])
    cpSync(data, join(directory, 'var', copy), { recursive: true })
  for (const line of offline) await run(t, line, place, { ACTIVEMQ_DATA: join(directory, 'var/lib/broker') })
})

test.serial('the examples of verbs that run a broker in the background work, and leave none behind', async t => {
  const place = machine()
  const env = { ACTIVEMQ_DATA: join(place.directory, 'var/lib/broker'), ACTIVEMQ_OPTS: '-Dtandemmq.http=off' }
  t.teardown(() => call(['kill'], place.directory, { env }))
  for (const verb of RUNNING) for (const line of await examplesOf(verb)) await run(t, line, place, env)
})

test.serial('the examples of verbs that ask a broker work as they are written', async t => {
  const world = await new World().start(brokerXml({ attributes: 'schedulerSupport="true"' }), {
    properties: { 'tandemmq.http': '127.0.0.1:0' },
  })
  t.teardown(() => world.end())
  const place = machine()
  const client = await world.connect()
  const dead = { persistent: 'true', customer: 'acme' }
  for (const name of ['orders', 'ActiveMQ.DLQ'])
    await client.receipted('SEND', { destination: `/queue/${name}`, ...dead }, 'x')
  const env = { TANDEMMQ_URL: `http://${world.running.http}` }
  for (const verb of VERB_NAMES.filter(name => ASKING.test(name)))
    for (const line of await examplesOf(verb)) {
      const shown = line.replace(/^tandemmq /, '')
      if (ELSEWHERE.some(pattern => pattern.test(shown))) continue
      const there = line.replace(/(producer|consumer)/, `$1 --brokerUrl stomp://127.0.0.1:${world.port()}`)
      // A person answers what is asked first.
      await run(t, /queues move/.test(line) ? `${there} --yes` : there, place, env)
    }
})

test.serial('no example is left out', async t => {
  t.log(`${ran.size} examples`)
  t.true(ran.size > 30)
})
