import type { PairSite } from '../chaos/pair.ts'
import { Probe } from './pair-probe.ts'

/** Receipts between two outages: every probe works at its pace again. */
const BETWEEN = 200

/**
 * `rounds` times: the active is killed (or hands over) under probes. Answers for each the longest time without a receipt,
 * in ms: from the last one of the old active to the first one of the new.
 */
export async function outages(
  site: PairSite,
  rounds: number,
  how: 'kill' | 'handover',
  told: (ms: number) => void,
): Promise<number[]> {
  const probe = new Probe(site.ports)
  const found: number[] = []
  try {
    for (let round = 0; round < rounds; round++) {
      const active = await site.settled()
      await probe.receipts.more(BETWEEN)
      probe.receipts.restart()
      const struckAt = performance.now()
      if (how === 'kill') await active.kill()
      else await handOver(site, active.name)
      await probe.receipts.ofConnectionAfter(struckAt)
      found.push(probe.receipts.longestMs)
      told(probe.receipts.longestMs)
      if (how === 'kill') active.start()
      await site.inSync(site.other(active))
    }
  } finally {
    await probe.stop()
  }
  return found
}

async function handOver(site: PairSite, name: string): Promise<void> {
  const active = site.nodes.find(node => node.name === name)!
  const { status, body } = await active.command('handover')
  if (status >= 300) throw new Error(`handover: ${status} ${body}`)
}
