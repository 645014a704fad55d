/**
 * `npm run test:flood`: a producer ten times faster than its consumers, for a minute each: to a topic and to a queue,
 * persistent and not. Memory stays within memoryUsage and 150 MiB, and nothing is lost. Linux only (VmHWM).
 */
import { overflow } from './overflow.ts'

const RUNS = [
  { kind: 'topic', persistent: false },
  { kind: 'topic', persistent: true },
  { kind: 'queue', persistent: true },
  { kind: 'queue', persistent: false },
] as const
const seconds = Number(process.argv[2] ?? 60)

for (const { kind, persistent } of RUNS) {
  const run = await overflow({ seconds, rate: 4000, size: 4096, kind, persistent })
  const bound = run.memoryUsageMiB + 150
  const kept = run.peakMiB <= bound
  const what = `${persistent ? 'persistent' : 'non-persistent'} ${kind}`
  console.log(`${kept ? 'ok  ' : 'FAIL'} ${what} (peak <= ${bound} MiB): ${JSON.stringify(run)}`)
  if (!kept) process.exitCode = 1
}
