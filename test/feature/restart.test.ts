import test from 'ava'
import { LIST, features } from './features.ts'
import { restarted } from './survive.ts'

for (const feature of features)
  test.serial(`${feature.rows}: ${feature.name}, through a restart`, t => restarted(t, feature))

test('every feature of the list has its entry, and its rows', t => {
  t.deepEqual(
    features.map(({ name }) => name),
    [...LIST],
  )
  for (const { rows } of features) t.regex(rows, /^(?:(?:S-)?[A-Z]+-\d+(?:, |$))+$/)
})
