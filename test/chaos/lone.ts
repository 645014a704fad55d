import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { freePort } from '../bench/ports.ts'
import { Chronicle } from '../crash/clients.ts'
import { randomFrom } from '../journal/random.ts'
import { startLoad } from './failover.ts'
import { drainAndJudge, type Toll } from './judge.ts'
import { PairNode } from './node.ts'
import { Receipts } from './receipts.ts'

export interface Lone {
  readonly node: PairNode
  /** A closed port first: who connects must go on to the next. */
  readonly ports: readonly number[]
}

/** One broker that is killed and comes back at its address: what the tests of the pair rely on, without the pair. */
export async function lone(t: ExecutionContext, program?: string): Promise<Lone> {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-lone-'))
  const [port, closed, http] = [await freePort(), await freePort(), await freePort()]
  const xml = { brokerName: 'lone', port, segment: '256kb' }
  const node = new PairNode({ directory, xml, http, properties: {}, ...(program === undefined ? {} : { program }) })
  t.teardown(async () => {
    await node.kill()
    rmSync(directory, { recursive: true, force: true })
  })
  await node.start().port()
  return { node, ports: [closed, port] }
}

/** Kills it under load so many times, then drains and judges. */
export async function killLone({ node, ports }: Lone, seed: number, kills: number): Promise<Toll> {
  const chronicle = new Chronicle(randomFrom(seed))
  const receipts = new Receipts(chronicle)
  const load = startLoad(ports, chronicle)
  for (let killed = 0; killed < kills; killed++) {
    await receipts.more(200)
    const killedAt = performance.now()
    await node.kill()
    node.start()
    await receipts.ofConnectionAfter(killedAt)
  }
  await receipts.more(200)
  await Promise.all(load.map(client => client.stop()))
  return drainAndJudge(chronicle, node.port, async () => {
    await node.kill()
    return node.start().port()
  })
}
