import { Drain, type Chronicle } from '../crash/clients.ts'
import { judgeHistory, type Counts } from '../crash/history.ts'
import { QUEUES, SOLE } from './failover.ts'

export interface Toll {
  readonly messages: number
  readonly receipts: number
  readonly commits: number
  readonly drained: number
  readonly counts: Counts
  readonly faults: readonly string[]
}

/**
 * Empties every queue at this port and judges the whole history. `again` answers the port of a broker whose queues must
 * be empty now, as it holds every ACK that the drain was receipted: the other node after a kill.
 */
export async function drainAndJudge(
  chronicle: Chronicle,
  port: number,
  again: () => Promise<number>,
  soleConsumer: ReadonlySet<string> = SOLE,
): Promise<Toll> {
  const drained = await drain(chronicle, port)
  const left = await drain(chronicle, await again())
  const { faults, counts } = judgeHistory(chronicle.events, { soleConsumer })
  const count = (type: string): number => chronicle.events.filter(event => event.type === type).length
  const texts = [...chronicle.errors, ...faults.map(({ kind, text }) => `${kind}: ${text}`)]
  if (left > 0) texts.push(`${left} messages came back behind the drain`)
  return {
    messages: count('sent'),
    receipts: count('receipted') + count('ack-receipted'),
    commits: count('committed'),
    drained,
    counts,
    faults: texts,
  }
}

async function drain(chronicle: Chronicle, port: number): Promise<number> {
  const drains = QUEUES.map(queue => new Drain(port, chronicle, queue))
  const counts = await Promise.all(drains.map(one => one.done))
  return counts.reduce((sum, count) => sum + count, 0)
}
