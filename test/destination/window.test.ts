import test from 'ava'
import type { MessageKey } from '../../src/base/lsn.ts'
import { DeliveryState, DeliveryWindow } from '../../src/destination/destination.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'

const { outstanding, enlisted, settled, poisoned } = DeliveryState

test('a window agrees with a plain map, whatever is settled in whatever order', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const window = new DeliveryWindow()
  const model = new Map<number, { key: number; state: number; persistent: boolean }>()
  let number = 0
  for (let i = 0; i < 5000; i++) {
    if (random() < 0.5 - model.size / 400 || model.size === 0) {
      const key = between(random, 1, 2 ** 50)
      const persistent = random() < 0.5
      window.push(++number, key as MessageKey, null, persistent)
      model.set(number, { key, state: outstanding, persistent })
    } else {
      const numbers = [...model.keys()]
      const picked = numbers[random() < 0.5 ? 0 : between(random, 0, numbers.length)]!
      const index = window.find(picked)
      const state = [enlisted, settled, settled, settled, poisoned][between(random, 0, 5)]!
      window.setState(index, state)
      window.trim()
      if (state === settled) model.delete(picked)
      else model.get(picked)!.state = state
    }
    if (i % 100 > 0) continue
    const seen = new Map<number, { key: number; state: number; persistent: boolean }>()
    for (let index = window.first; index < window.end; index++) {
      const state = window.state(index)
      if (state === settled) continue
      seen.set(window.number(index), { key: window.key(index), state, persistent: window.persistent(index) })
    }
    t.deepEqual([...seen], [...model])
    t.is(window.unsettled, model.size)
  }
})

test('a delivery that is never settled does not keep the places of those behind it', t => {
  const window = new DeliveryWindow()
  for (let number = 1; number <= 100_000; number++) {
    window.push(number, number as MessageKey, null, true)
    if (number === 1) continue
    window.setState(window.find(number), settled)
    window.trim()
    if (window.end - window.first > 64) return t.fail(`${window.end - window.first} places for one delivery`)
  }
  t.is(window.unsettled, 1)
  t.is(window.key(window.find(1)), 1 as MessageKey)
})
