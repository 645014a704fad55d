import test from 'ava'
import { Pace, doPaced } from '../../src/http/pace.ts'

test('M-01: between two slices of long work the event loop goes round', async t => {
  let rounds = 0
  let over = false
  const round = (): void => {
    rounds++
    if (!over) setImmediate(round)
  }
  setImmediate(round)
  const seen: number[] = []
  function* work(): Generator<undefined, string, undefined> {
    for (let slice = 0; slice < 5; slice++) {
      const began = performance.now()
      while (performance.now() - began < 10);
      seen.push(rounds)
      yield
    }
    return 'done'
  }
  t.is(await doPaced(work(), new Pace()), 'done')
  over = true
  t.is(new Set(seen).size, 5, seen.join())
})
