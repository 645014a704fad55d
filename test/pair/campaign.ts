import { run } from './run.ts'

/** `npm run test:sim -- --seeds N [--from S]`: many seeds, one after another. TANDEMMQ_SEED=S runs one, with its trace. */
const argument = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}

function replay(seed: number): void {
  const lines: string[] = []
  try {
    const outcome = run(seed, undefined, (host, what) => {
      lines.push(`${host.world.agenda.now.toFixed(1)} ${host.name} ${JSON.stringify(what).slice(0, 260)}`)
    })
    console.log(`seed ${seed} holds`, outcome)
  } catch (error) {
    console.log(lines.slice(-Number(process.env['LINES'] ?? 60)).join('\n'))
    console.log(`seed ${seed}: ${String(error)}`)
    process.exitCode = 1
  }
}

function campaign(from: number, seeds: number): void {
  const started = performance.now()
  let events = 0
  let receipts = 0
  let lost = 0
  let failures = 0
  const failed = new Map<string, number[]>()
  for (let seed = from; seed < from + seeds; seed++) {
    try {
      const outcome = run(seed)
      events += outcome.events
      receipts += outcome.receipts
      lost += outcome.lost
    } catch (error) {
      failures++
      const text = String(error).slice(0, 40)
      const list = failed.get(text) ?? []
      list.push(seed)
      failed.set(text, list)
      if (failures <= 5)
        console.log(`seed ${seed}: ${String(error).slice(0, 900)}\n  replay: TANDEMMQ_SEED=${seed} npm run test:sim`)
    }
  }
  const seconds = (performance.now() - started) / 1000
  for (const [text, list] of failed) console.log(`${list.length} × ${text}… seeds ${list.slice(0, 8).join(' ')}`)
  console.log(
    `${seeds} seeds, ${failures} failed; ${events} events, ${receipts} receipts, ${lost} missing under policy auto (all exported); ${seconds.toFixed(1)} s`,
  )
  if (failures > 0) process.exitCode = 1
}

const one = process.env['TANDEMMQ_SEED']
if (one === undefined) campaign(argument('from', 1), argument('seeds', 100_000))
else replay(Number(one))
