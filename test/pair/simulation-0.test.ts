import test from 'ava'
import { seedsHold } from './seeds.ts'

test('I1-I7, I10-I15, I18: five thousand worlds of faults lose nothing that was promised, and heal (1 of 2)', t => {
  t.deepEqual(seedsHold(0, 5000), [])
})
