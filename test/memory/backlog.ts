/**
 * `npm run test:memory`: what a backlog that nobody consumes costs, with memoryUsage 64 mb, and how soon it is served
 * again after kill -9. Linux only (VmHWM). Prints one line for each; exits 1 when a bound is exceeded.
 */
import { measure } from './measure.ts'

const BOUNDS = [
  { messages: 1_000_000, size: 1024, peakMiB: 400, firstDeliveryMs: 3000 },
  { messages: 5_000_000, size: 200, peakMiB: 700, firstDeliveryMs: Infinity },
]

for (const { messages, size, peakMiB, firstDeliveryMs } of BOUNDS) {
  const measured = await measure({ messages, size })
  const peak = Math.max(measured.fillPeakMiB, measured.drainPeakMiB)
  const kept = peak <= peakMiB && measured.firstDeliveryMs <= firstDeliveryMs
  const limits = `peak <= ${peakMiB} MiB${firstDeliveryMs < Infinity ? `, first delivery <= ${firstDeliveryMs} ms` : ''}`
  console.log(`${kept ? 'ok  ' : 'FAIL'} ${messages} x ${size} B (${limits}): ${JSON.stringify(measured)}`)
  if (!kept) process.exitCode = 1
}
