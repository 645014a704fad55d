import test, { type ExecutionContext } from 'ava'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../bench/ports.ts'
import { Chronicle } from '../crash/clients.ts'
import { freshSeed, randomFrom } from '../journal/random.ts'
import { startLoad } from './failover.ts'
import { Foreign } from './foreign.ts'
import { drainAndJudge } from './judge.ts'
import { PairNode } from './node.ts'
import { Receipts } from './receipts.ts'

/** What the tests of the pair rely on, shown on one broker that is killed and comes back at its address. */
async function lone(t: ExecutionContext): Promise<{ node: PairNode; ports: readonly number[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-lone-'))
  const [port, closed, http] = [await freePort(), await freePort(), await freePort()]
  const node = new PairNode({ directory, xml: { brokerName: 'lone', port, segment: '256kb' }, http, properties: {} })
  t.teardown(async () => {
    await node.kill()
    rmSync(directory, { recursive: true, force: true })
  })
  await node.start().port()
  return { node, ports: [closed, port] }
}

test('a failover load goes on by itself when its broker is killed and comes back, and nothing receipted is lost', async t => {
  const seed = freshSeed()
  const { node, ports } = await lone(t)
  const chronicle = new Chronicle(randomFrom(seed))
  const receipts = new Receipts(chronicle)
  const load = startLoad(ports, chronicle)
  for (let kills = 0; kills < 2; kills++) {
    await receipts.more(200)
    const killedAt = performance.now()
    receipts.restart()
    await node.kill()
    node.start()
    await receipts.ofConnectionAfter(killedAt)
    t.true(receipts.longestMs > 0)
  }
  await receipts.more(200)
  await Promise.all(load.map(client => client.stop()))
  const toll = await drainAndJudge(chronicle, node.port, async () => {
    await node.kill()
    return node.start().port()
  })
  t.deepEqual(toll.faults.slice(0, 20), [], `TANDEMMQ_SEED=${seed}`)
  t.true(toll.commits > 0)
})

test('stompit goes on by itself when its broker is killed and comes back', async t => {
  const { node, ports } = await lone(t)
  const client = new Foreign(ports)
  t.teardown(() => client.close())
  client.consume('a')
  const bodies = Array.from({ length: 20 }, (_, index) => `${index}`)
  for (const [index, body] of bodies.entries()) {
    if (index === 10) {
      await node.kill()
      node.start()
    }
    await client.send('a', body)
  }
  await client.all(bodies)
  t.pass()
})
