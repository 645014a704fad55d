import test from 'ava'
import { freshSeed } from '../journal/random.ts'
import { Site } from './broker-process.ts'
import { KILL_XML, killAndJudge } from './kill.ts'

/** `npm run test:crash` kills 50 times; otherwise as often as fits into 4 seconds, and never less than 6 times. */
const all = process.env['npm_lifecycle_event'] === 'test:crash'
const killsMax = 50
const killsMin = 6
const enoughAfterMs = 4_000

test('kill -9 under load: nothing receipted is lost, nothing acknowledged comes back, no transaction in part', async t => {
  t.timeout(600_000)
  const seed = freshSeed()
  const site = new Site(KILL_XML)
  t.teardown(() => site.end())
  const end = performance.now() + enoughAfterMs
  const enough = (kills: number): boolean => !all && kills >= killsMin && performance.now() > end
  const toll = await killAndJudge(site, seed, killsMax, enough)
  const { faults, ...numbers } = toll
  t.log(`seed ${seed}: ${JSON.stringify(numbers)}`)
  t.deepEqual(faults.slice(0, 20), [], `TANDEMMQ_SEED=${seed} repeats the load (not the moment of the machine)`)
  t.true(toll.receipts > toll.kills * 50, 'too little happened between the kills to prove anything')
  t.true(toll.commits > toll.kills)
})
