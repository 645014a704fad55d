import test from 'ava'
import { started } from '../contract/consuming.ts'
import { compare, minimised } from './compare.ts'
import { scriptOf } from './script.ts'

test('a broker says the same as another one like it, and a seed makes the same script again', async t => {
  const ports = [(await started(t)).port(), (await started(t)).port()]
  for (let seed = 1; seed <= 8; seed++) {
    t.deepEqual(scriptOf(seed), scriptOf(seed))
    t.is(await compare(ports, scriptOf(seed)), null, `seed ${seed}`)
  }
})

test('one with another policy is told apart, by the steps that it takes and no others', async t => {
  const body = `<destinationPolicy><policyMap><policyEntries><policyEntry queue=">"><deadLetterStrategy>
    <individualDeadLetterStrategy/></deadLetterStrategy></policyEntry></policyEntries></policyMap></destinationPolicy>`
  const ports = [(await started(t)).port(), (await started(t, { body })).port()]
  const destination = ['destination', '/queue/$.a'] as const
  const least = [
    { c: 0, command: 'SUBSCRIBE', headers: [['id', 's'], destination, ['ack', 'client']] },
    { c: 0, command: 'SEND', headers: [destination, ['persistent', 'true']], body: '1' },
    { c: 0, command: 'NACK', headers: [], back: 0 },
  ] as const
  const more = [
    { c: 1, command: 'SEND', headers: [['destination', '/topic/$.t']], body: '2' },
    { c: 0, command: 'ACK', headers: [], back: 3 },
  ] as const
  const script = { seed: 0, versions: ['1.2', '1.1'], steps: [...more, ...least, ...more] }
  const found = await compare(ports, script, 200)
  t.is(found?.ours.length, 1)
  t.deepEqual(found?.theirs, [])
  t.deepEqual((await minimised(ports, script, found!, 200))[0].steps, least)
})
