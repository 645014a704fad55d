import test from 'ava'
import type { MessageKey } from '../../src/base/lsn.ts'
import { DeliveryState, DeliveryWindow, Queue, builtInPolicy } from '../../src/destination/destination.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'

interface Held {
  readonly key: number
  readonly persistent: boolean
  readonly queue: Queue | null
  state: number
}

/** Nothing of a queue is used here but who it is. */
const queues = ['a', 'b', 'c'].map((name, i) => new Queue({ kind: 0, name }, i, builtInPolicy))

const { outstanding, enlisted, settled, poisoned } = DeliveryState

test('a window agrees with a plain map, whatever is settled in whatever order', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const window = new DeliveryWindow()
  const model = new Map<number, Held>()
  let number = 0
  for (let i = 0; i < 5000; i++) {
    if (random() < 0.5 - model.size / 400 || model.size === 0) {
      const key = between(random, 1, 2 ** 52)
      const persistent = random() < 0.5
      const queue = queues[between(random, 0, 4)] ?? null
      window.push(++number, key as MessageKey, queue, persistent)
      model.set(number, { key, state: outstanding, persistent, queue })
    } else {
      const numbers = [...model.keys()]
      const picked = numbers[random() < 0.5 ? 0 : between(random, 0, numbers.length)]!
      const index = window.find(picked)
      const state = [enlisted, settled, settled, settled, poisoned, outstanding][between(random, 0, 6)]!
      window.setState(index, state)
      window.trim()
      if (state === settled) model.delete(picked)
      else model.get(picked)!.state = state
    }
    if (random() < 0.2) {
      const first = [...model].find(([, { state }]) => state === outstanding)?.[0]
      const at = window.firstOutstanding()
      t.is(at < window.end ? window.number(at) : undefined, first)
    }
    if (i % 100 > 0) continue
    const seen = new Map<number, Held>()
    for (let index = window.first; index < window.end; index++) {
      const state = window.state(index)
      if (state === settled) continue
      const [key, persistent, queue] = [window.key(index), window.persistent(index), window.queue(index)]
      seen.set(window.number(index), { key, state, persistent, queue })
    }
    t.deepEqual(
      [...seen].map(([at, { queue, ...held }]) => [at, held, queue?.id]),
      [...model].map(([at, { queue, ...held }]) => [at, held, queue?.id]),
    )
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

test('what open transactions hold is not looked at again for each acknowledgement', t => {
  const window = new DeliveryWindow()
  const looked = (number: number): number => {
    window.push(number, number as MessageKey, null, true)
    const from = window.firstOutstanding()
    for (let index = from; index < window.end; index++) window.setState(index, enlisted)
    return window.end - from
  }
  for (let number = 1; number <= 10_000; number++)
    if (looked(number) !== 1) return t.fail(`${number}: ${looked(number)}`)
  window.setState(window.first + 7, outstanding)
  t.is(window.firstOutstanding(), window.first + 7)
})
