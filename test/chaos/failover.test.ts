import test from 'ava'
import { freshSeed } from '../journal/random.ts'
import { Foreign } from './foreign.ts'
import { killLone, lone } from './lone.ts'
import { thorough } from './thorough.ts'

thorough(
  'a failover load goes on by itself when its broker is killed and comes back, and nothing receipted is lost',
  async t => {
    const seed = freshSeed()
    const toll = await killLone(await lone(t), seed, 2)
    t.deepEqual(toll.faults.slice(0, 20), [], `TANDEMMQ_SEED=${seed}`)
    t.true(toll.commits > 0)
  },
)

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
