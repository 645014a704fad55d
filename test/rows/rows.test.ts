import test from 'ava'
import { account, claimsOf, differencesOf, expand, rowsOf } from './rows.ts'

/** How many rows may be unaccounted for: lower it whenever the number falls. */
const UNACCOUNTED_MAX = 0

const found = account('.')
if (found === null) console.log('rows: skipped, the specification (../shared/spec) is not here')

test('no test title and no line of the table of differences names a row that does not exist', t => {
  t.deepEqual(found?.unknown ?? [], [])
})

test('the number of rows that are neither tested nor in the table of differences does not grow', t => {
  const open = found?.unaccounted.map(({ id }) => id) ?? []
  t.true(open.length <= UNACCOUNTED_MAX, `${open.length} of at most ${UNACCOUNTED_MAX}: ${open.join(' ')}`)
})

test('rows are read from tables, titles from what runs, differences from their section', t => {
  t.deepEqual(
    rowsOf('| ID | Rule |\n|---|---|\n| Q-01 | One. | x |\n| S-FRM-12a | 1.0 | Two |\n').map(row => row.id),
    ['Q-01', 'S-FRM-12a'],
  )
  t.deepEqual(expand('S-TX-01 … S-TX-03, X-09…X-10, Q-01'), ['S-TX-01', 'S-TX-02', 'S-TX-03', 'X-09', 'X-10', 'Q-01'])
  const source = [`test('${'Q-01'}, Q-02: a', f)`, `test.skip('${'Q-03'}: b', f)`, `t.is(x, 'Q-04 and so on')`].join(
    '\n',
  )
  t.deepEqual(claimsOf(source), ['Q-01', 'Q-02'])
  const readme =
    '## Differences, row by row\n\n| ID | why |\n| --- | --- |\n| Q-01, Q-02 | x |\n\n## Next\n\n| Q-03 | y |\n'
  t.deepEqual(differencesOf(readme), ['Q-01', 'Q-02'])
})
