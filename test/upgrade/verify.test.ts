import { join } from 'node:path'
import test from 'ava'
import { loadTools, readConfig, type Reading } from '../../src/config/config.ts'
import { rewrite } from '../../src/upgrade/rewrite.ts'
import { verify } from '../../src/upgrade/verify.ts'
import { STOMP } from '../config/loading.ts'
import { beans, broker, directoryWith } from './upgrading.ts'

const read = (text: string): Promise<Reading> => {
  const directory = directoryWith({ 'activemq.xml': text })
  return readConfig(join(directory, 'activemq.xml'), { properties: {}, env: {}, cwd: '/' })
}

const file = (attributes: string, content = STOMP): string =>
  beans(broker(`dataDirectory="/nowhere" ${attributes}`, content))

test('a rewriting that would change the model, or be refused for more, is caught, whatever made it', async t => {
  const material = { ...(await loadTools()), target: { kind: 'tandemmq' }, names: 'keep' } as const
  const text = file('brokerName="a"')
  const rewritten = rewrite(text, 'activemq.xml', material)
  const before = await read(text)
  const check = (repaired: Reading, after: Reading): string | null => verify({ before, repaired, after }, rewritten)
  t.is(check(before, await read(`\n\n${text}`)), null)
  t.regex(check(before, await read(file('brokerName="b"'))) ?? '', /^\/brokerName would be different$/)
  t.regex(check(before, await read(file('brokerName="a"', ''))) ?? '', /refused for another reason/)
  const worse = await read(file('brokerName="a" nonsense="1"'))
  t.regex(check(worse, worse) ?? '', /refused for another reason: unknown attribute "nonsense"/)
})
