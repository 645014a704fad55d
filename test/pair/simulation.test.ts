import test from 'ava'
import { run } from './run.ts'

const WORLDS = 5000

test('I1-I7, I10-I15, I18: five thousand worlds of faults lose nothing that was promised, and heal', t => {
  const wanted = process.env['TANDEMMQ_SEED']
  const first = wanted === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(wanted)
  t.log(`seeds from ${first}`)
  const failures: string[] = []
  for (let n = 0; n < (wanted === undefined ? WORLDS : 1) && failures.length < 3; n++) {
    try {
      run(first + n)
    } catch (error) {
      failures.push(`TANDEMMQ_SEED=${first + n} npm run test:sim: ${String(error)}`)
    }
  }
  t.deepEqual(failures, [])
})
