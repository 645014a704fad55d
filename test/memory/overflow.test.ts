import test from 'ava'
import { overflow } from './overflow.ts'

/** A twentieth of the run of `npm run test:flood`. */
const short = { seconds: 3, rate: 4000, size: 4096 }

const linuxTest = process.platform === 'linux' ? test.serial : test.serial.skip

for (const [kind, persistent] of [
  ['topic', false],
  ['queue', true],
] as const)
  linuxTest(
    `T-03, CU-01, L-01: a ${kind} sent to ten times faster than it is read stays within memory and loses nothing`,
    async t => {
      t.timeout(120_000)
      const run = await overflow({ ...short, kind, persistent })
      t.log(JSON.stringify(run))
      t.true(run.takenMeanwhile < run.sent, 'nobody was slower than the producer')
      t.true(run.peakMiB <= run.memoryUsageMiB + 150, `${run.peakMiB} MiB`)
    },
  )
