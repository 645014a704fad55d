import test from 'ava'
import { MessageAudit } from '../../src/destination/destination.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'

test('D-10: an identity is seen once, the second time it is known, until it is forgotten', t => {
  const audit = new MessageAudit(100, 2)
  t.deepEqual(
    ['p:1', 'p:2', 'p:1', 'q:1', 'p:2'].map(id => audit.sees(id)),
    [false, false, true, false, true],
  )
  audit.forget('p:1')
  audit.forget('nobody:1')
  t.deepEqual([audit.sees('p:1'), audit.sees('p:1')], [false, true])
})

test('D-10: so many producers are remembered, the least recently seen is forgotten first', t => {
  const audit = new MessageAudit(100, 2)
  for (const id of ['a:1', 'b:1', 'a:1', 'c:1']) audit.sees(id)
  t.deepEqual([audit.sees('a:1'), audit.sees('b:1')], [true, false])
})

test('D-10: what is no identity of this broker is never known', t => {
  const audit = new MessageAudit(100, 2)
  for (const id of ['', 'x', 'x:', 'x:-1', 'x:1.5', 'x:y', 'x:1e99'])
    t.deepEqual([audit.sees(id), audit.sees(id)], id === 'x:' ? [false, true] : [false, false], id)
})

test('D-10: among the last so many numbers of a producer nothing is forgotten and nothing made up, in any order', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const depth = 64
  const audit = new MessageAudit(depth, 1)
  const known = new Set<number>()
  let highest = 0
  for (let i = 0; i < 5000; i++) {
    const number = Math.max(0, highest + between(random, -depth + 1, 4))
    const was = audit.sees(`p:${number}`)
    if (number > highest - depth + 1) t.is(was, known.has(number), `${number} with ${highest}`)
    known.add(number)
    highest = Math.max(highest, number)
  }
})
