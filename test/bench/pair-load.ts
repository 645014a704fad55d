import type { PairSite } from '../chaos/pair.ts'
import { runOurs } from './measure.ts'
import type { LoadOptions } from './options.ts'

const TIMEOUT_S = 300
let loads = 0

/** One run of our generator against a node; throws when anything was lost, doubled or out of order. */
export async function load(port: number, options: Partial<LoadOptions>): Promise<{ perS: number; p50Ms: number }> {
  loads += 1
  const prefix = `pair${process.pid}.${loads}.`
  const result = await runOurs({ host: '127.0.0.1', port, size: 1024, prefix, timeoutS: TIMEOUT_S, ...options })
  if (!result.ok) throw new Error(`a load failed: ${JSON.stringify(result)}`)
  return { perS: result.perS, p50Ms: result.receiptUs.p50 / 1000 }
}

/** Messages that stay, 1 KiB each. */
export async function fill(port: number, messages: number): Promise<void> {
  if (messages > 0) await load(port, { producers: 4, consumers: 0, dests: 4, messages: Math.ceil(messages / 4) })
}

/** The load of G9: 64 producers and as many consumers, both nodes and the load on this machine. */
export const throughput = (port: number, messages: number): Promise<{ perS: number; p50Ms: number }> =>
  load(port, { producers: 64, consumers: 64, dests: 64, window: 16, messages: Math.ceil(messages / 64) })

/** Bytes that went over the line towards the passive, for each byte that the journal grew by, under a load. */
export async function wireShare(site: PairSite, messages: number): Promise<number> {
  const { link } = site
  if (link === null) throw new Error('the line between the nodes must be a proxy')
  const before = (await site.one.until('PAIRED')).position
  const sent = link.bytes.back
  await throughput(site.one.port, messages)
  const { position } = await site.one.until(({ peer, position: end }) => peer?.position === end)
  return (link.bytes.back - sent) / (position - before)
}
