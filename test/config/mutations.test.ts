import test from 'ava'
import { damage } from './damage.ts'

test('5000 damaged files each get a model or findings with places, within a second, and never an exception', t =>
  damage(t, 0))
