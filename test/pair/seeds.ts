import { run } from './run.ts'

/** Runs every second seed of a fresh row (TANDEMMQ_SEED replays one) and says which did not hold. */
export function seedsHold(offset: number, count: number): string[] {
  const wanted = process.env['TANDEMMQ_SEED']
  const first = wanted === undefined ? Math.floor(Math.random() * 2 ** 30) * 2 + offset : Number(wanted)
  const failures: string[] = []
  for (let n = 0; n < (wanted === undefined ? count : 1) && failures.length < 3; n++) {
    const seed = first + 2 * n
    try {
      run(seed)
    } catch (error) {
      failures.push(`TANDEMMQ_SEED=${seed} npm run test:sim: ${String(error)}`)
    }
  }
  return failures
}
