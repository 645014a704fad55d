import { cpSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { VERB_NAMES } from '../../src/cli/cli.ts'
import { beans, broker, directoryWith } from '../config/loading.ts'
import { freePort } from '../bench/ports.ts'
import { Tandem } from './process.ts'
import { call } from './terminal.ts'

/** What a reader may paste: the lines behind `Example:` of a help. */
function examplesOf(help: string): readonly string[] {
  const [, behind = ''] = /^Examples?: ([^]*)$/m.exec(help) ?? []
  return behind
    .trim()
    .split('\n')
    .map(line => line.trim())
}

/** Examples that are understood: without a broker they fail with exit code 1, not 2. */
const NEEDS_A_BROKER = /^pair (?:status|handover|verify http)/
/** Examples that other tests run: they take fixed ports for themselves, or run for ever. */
const ELSEWHERE = [/^demo /, /bin\/orders start$/, /^salvage reinject /]

const XML = beans(
  broker(
    'brokerName="example" dataDirectory="${activemq.data}"',
    `<persistenceAdapter><kahaDB directory="\${activemq.data}/kahadb"/></persistenceAdapter>
<transportConnectors><transportConnector name="stomp" uri="stomp://127.0.0.1:0"/></transportConnectors>`,
  ),
)

test('every example of every help works as it is written', async t => {
  const directory = directoryWith({
    'conf/activemq.xml': XML,
    'etc/activemq/activemq.xml': XML,
    'var/lib/broker/.keep': '',
  })
  cpSync('fixtures/pair', join(directory, 'fixtures/pair'), { recursive: true })
  const port = await freePort()
  // A machine's directories become those of this test, and nobody listens at the addresses.
  const here = (line: string): string =>
    line
      .replace(/(?<=[ =:])\/(?:etc|var\/lib|tmp)(?=\/)/g, path => join(directory, path))
      .replace(/:816[12]\b/g, `:${port}`)
      .replace(/ > \S+$/, '')
  const run: string[] = []
  for (const verb of VERB_NAMES.filter(name => name !== 'help' && name !== 'version')) {
    const lines = examplesOf((await call([verb, '--help'])).out)
    t.true(lines.length > 0, `${verb} has no example`)
    for (const line of lines) {
      const shown = line.replace(/^tandemmq /, '')
      if (ELSEWHERE.some(pattern => pattern.test(shown))) continue
      t.true(line.startsWith('tandemmq '), line)
      const args = here(line).split(' ').slice(1)
      if (verb === 'store' || shown.startsWith('pair verify /')) continue
      run.push(shown)
      if (verb === 'start') {
        const running = new Tandem([...args, '-Dtandemmq.http=off'], directory)
        await running.port('stomp')
        t.is((await running.stop()).code, 0, shown)
        continue
      }
      const { code, out, err } = await call(args, directory)
      if (NEEDS_A_BROKER.test(shown)) t.not(code, 2, err)
      else t.is(code, 0, `${shown}\n${out}${err}`)
    }
  }
  // What `start` left behind is what these read.
  const data = join(directory, 'var/lib/broker/kahadb')
  for (const name of ['active', 'passive'])
    cpSync(data, join(directory, 'var/lib', name, 'kahadb'), { recursive: true })
  for (const verb of ['store', 'pair'])
    for (const line of examplesOf((await call([verb, '--help'])).out)) {
      if (!/ (?:store check|pair verify) \//.test(line)) continue
      run.push(line.replace(/^tandemmq /, ''))
      const { code, out, err } = await call(here(line).split(' ').slice(1), directory)
      t.is(code, 0, `${line}\n${out}${err}`)
    }
  t.log(`${run.length} examples`)
  t.true(run.length > 12)
})
