import { Broken, courseOf, explore, newTally } from './power.ts'

/** `npm run test:power -- --seeds N [--from S]`: many stores, each through several lives. TANDEMMQ_SEED=S runs one. */
const argument = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}

const one = process.env['TANDEMMQ_SEED']
const from = one === undefined ? argument('from', 1) : Number(one)
const seeds = one === undefined ? argument('seeds', 100) : 1
const tally = newTally()
const started = performance.now()
let failures = 0
for (let seed = from; seed < from + seeds; seed++) {
  try {
    await explore(courseOf(seed), 6, tally)
  } catch (error) {
    if (!(error instanceof Broken)) throw error
    failures++
    console.log(`${error.message}\n  replay: TANDEMMQ_SEED=${seed} npm run test:power`)
  }
}
const seconds = ((performance.now() - started) / 1000).toFixed(1)
const steps = [...tally.seen].toSorted(([, a], [, b]) => b - a).map(([step, count]) => `${count} ${step}`)
console.log(
  `${seeds} stores, ${failures} failed; ${tally.states} crash states, ${tally.second} more of their recoveries, ${seconds} s`,
)
console.log(`${tally.flips} flipped bits, of which ${tally.refused} were refused; the others did no harm`)
console.log(`before: ${steps.join(', ')}`)
if (failures > 0) process.exitCode = 1
