import test from 'ava'
import { measure } from './measure.ts'

/** A tenth of the backlog of `npm run test:memory`, six times the caches that memoryUsage 64 mb allows. */
const backlog = { messages: 100_000, size: 1024 }
/** The bound for ten times as many messages is 400 MiB, of which their index is 15. */
const peakMiB = 200

const linuxTest = process.platform === 'linux' ? test.serial : test.serial.skip

linuxTest('100,000 unread messages of 1 KiB cost little memory, outlive kill -9, and come in order', async t => {
  t.timeout(120_000)
  const measured = await measure(backlog)
  t.log(JSON.stringify(measured))
  t.true(measured.fillPeakMiB <= peakMiB, `filling: ${measured.fillPeakMiB} MiB`)
  t.true(measured.drainPeakMiB <= peakMiB, `draining: ${measured.drainPeakMiB} MiB`)
  t.true(measured.firstDeliveryMs <= 3000, `first delivery after ${measured.firstDeliveryMs} ms`)
})
