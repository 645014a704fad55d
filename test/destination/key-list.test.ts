import test from 'ava'
import type { MessageKey } from '../../src/base/lsn.ts'
import { KeyList } from '../../src/destination/key-list.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'

test('a key list agrees with a plain array, also when some of what was taken stays', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const list = new KeyList()
  let model: MessageKey[] = []
  let next = 0
  for (let round = 0; round < 3000; round++) {
    for (let n = between(random, 0, 8); n > 0; n--) {
      list.push(++next as MessageKey)
      model.push(next as MessageKey)
    }
    const count = between(random, 0, Math.min(model.length, 9) + 1)
    const kept = model.slice(0, count).filter(() => random() < 0.2)
    list.take(count, kept)
    model = [...kept, ...model.slice(count)]
    if (list.size !== model.length) return t.fail(`${list.size} keys, ${model.length} expected`)
    if (round % 50 === 0)
      t.deepEqual(
        model,
        model.map((_, i) => list.at(i)),
      )
  }
})
