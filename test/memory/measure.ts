import { readFileSync } from 'node:fs'
import { Site } from '../crash/broker-process.ts'
import { drainInOrder, flood } from './flood.ts'

export interface Backlog {
  readonly messages: number
  /** Bytes of each body. */
  readonly size: number
}

export interface Measured {
  /** Peak resident memory (VmHWM), MiB: of the broker that took the backlog, and of the one that was started on it. */
  readonly fillPeakMiB: number
  readonly drainPeakMiB: number
  /** ms from exec of the second broker to the first delivery. */
  readonly firstDeliveryMs: number
  readonly fillSeconds: number
  readonly drainSeconds: number
}

const XML = {
  body: `<systemUsage><systemUsage><memoryUsage><memoryUsage limit="64 mb"/></memoryUsage></systemUsage></systemUsage>`,
}

/** The highest resident memory the process ever had, MiB. */
function peakMiB(pid: number): number {
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Math.round(Number(line?.[1]) / 1024)
}

/** Fills a queue that nobody reads, kills the broker, starts another on its directory and reads everything, in order. */
export async function measure({ messages, size }: Backlog, nodeArgs: readonly string[] = []): Promise<Measured> {
  const site = new Site(XML)
  try {
    const first = site.start(nodeArgs)
    const load = { queue: 'backlog', messages, size }
    const port = await first.port()
    const began = performance.now()
    await flood({ ...load, port })
    const filled = performance.now()
    const fillPeakMiB = peakMiB(first.pid)
    await first.kill()
    const execAt = performance.now()
    const second = site.start(nodeArgs)
    const { firstAt, endAt } = await drainInOrder({ ...load, port: await second.port() })
    const drainPeakMiB = peakMiB(second.pid)
    return {
      fillPeakMiB,
      drainPeakMiB,
      firstDeliveryMs: Math.round(firstAt - execAt),
      fillSeconds: Math.round((filled - began) / 100) / 10,
      drainSeconds: Math.round((endAt - firstAt) / 100) / 10,
    }
  } finally {
    await site.end()
  }
}
