import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Client } from '../contract/world.ts'
import type { PairNode } from './node.ts'
import { PairSite } from './pair.ts'
import { SMALL } from './rounds.ts'

const MB = 1024 * 1024
/** ms without an answer after which a producer has been told enough. */
const silenceMs = 1000

for (const which of ['active', 'passive'] as const) {
  test.serial(`I15: a full disk of the ${which}: whatever was receipted is on the passive's disk`, async t => {
    const site = await PairSite.create({ xml: { ...SMALL, attributes: 'shutdownOnSlaveFailure="true"' } })
    t.teardown(() => site.end())
    const node = which === 'active' ? site.one : site.two
    const mounted = mount(node)
    t.teardown(async () => {
      await Promise.all(site.nodes.map(each => each.kill()))
      mounted?.()
    })
    if (mounted === null) {
      t.pass('a file system of a fixed size cannot be mounted here')
      return
    }
    const ballast = join(dirname(node.data), 'ballast')
    writeFileSync(ballast, Buffer.alloc(8 * MB))
    site.one.start()
    await site.one.serves()
    site.two.start()
    await site.inSync(site.one)
    const receipted = await sendUntilFull(site.one.port)
    t.log(`${receipted} receipts`)
    t.true(receipted > 10)
    await site.killAndVerify()
    rmSync(ballast)
    site.two.start()
    await site.two.until('passive')
    await site.two.command('promote', true)
    await site.two.serves()
    t.true((await count(site.two.port, receipted)) >= receipted, site.logs())
  })
}

/** A pair in sync, of which one node's disk has been filled since; null: such a disk cannot be had here. */
async function withFullDisk(
  t: ExecutionContext,
  which: 'one' | 'two',
): Promise<{ readonly site: PairSite; readonly ballast: string } | null> {
  const site = await PairSite.create({ xml: SMALL, properties: IMPATIENT })
  t.teardown(() => site.end())
  const unmount = mount(site[which], 48)
  t.teardown(async () => {
    await Promise.all(site.nodes.map(each => each.kill()))
    unmount?.()
  })
  if (unmount === null) {
    t.pass('a file system of a fixed size cannot be mounted here')
    return null
  }
  site.one.start()
  await site.one.serves()
  site.two.start()
  await site.inSync(site.one)
  return { site, ballast: fill(site[which]) }
}

test.serial(
  'E7: an active whose disk is full passes the lead on; it follows, and comes in step when there is space',
  async t => {
    const found = await withFullDisk(t, 'one')
    if (found === null) return
    const { site, ballast } = found
    const receipted = await sendUntilFull(site.one.port)
    await site.two.serves()
    t.true((await count(site.two.port, receipted)) >= receipted, site.logs())
    await site.one.until(({ role, detail }) => role === 'passive' && /this node takes nothing more/.test(detail))
    rmSync(ballast)
    await site.inSync(site.two)
    await site.killAndVerify()
  },
)

test.serial(
  'E5: for a passive whose disk is full clients wait once, and it comes in step when there is space',
  async t => {
    const found = await withFullDisk(t, 'two')
    if (found === null) return
    const { site, ballast } = found
    const client = await connected(site.one.port)
    const slow: number[] = []
    const until = performance.now() + 4 * IMPATIENT['tandemmq.pair.ackTimeout']
    for (let n = 0; performance.now() < until; n++) {
      const began = performance.now()
      await client.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'x')
      if (performance.now() - began > IMPATIENT['tandemmq.pair.ackTimeout'] / 2) slow.push(performance.now() - began)
    }
    t.true(slow.length <= 1, `${slow.join(', ')}\n${site.logs()}`)
    client.destroy()
    rmSync(ballast)
    await site.inSync(site.one)
    await site.killAndVerify()
  },
)

const IMPATIENT = { 'tandemmq.pair.ackTimeout': 1500 }

/** Takes all that is free where the node stores; answers the file. */
function fill(node: PairNode): string {
  const file = join(dirname(node.data), 'ballast')
  try {
    for (;;) appendFileSync(file, Buffer.alloc(65_536))
  } catch {
    return file
  }
}

/** A small file system for what the node stores; answers how to take it away. null: not allowed. */
function mount(node: PairNode, megabytes = 12): (() => void) | null {
  const directory = dirname(node.data)
  mkdirSync(directory, { recursive: true })
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', directory])
  return status === 0 ? () => void spawnSync('umount', ['-l', directory]) : null
}

/** One message after the other, until there is no receipt any more; answers how many there were. */
async function sendUntilFull(port: number): Promise<number> {
  const client = await connected(port)
  const body = 'x'.repeat(16_000)
  for (let receipted = 0; ; receipted++) {
    const receipt = client.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, `${receipted} ${body}`)
    let late: NodeJS.Timeout | undefined
    const silence = new Promise<false>(resolve => (late = setTimeout(() => resolve(false), silenceMs)))
    const answered = await Promise.race([receipt.then(() => true).catch(() => false), silence])
    clearTimeout(late)
    if (!answered) {
      client.destroy()
      return receipted
    }
  }
}

/** How many of the messages 0 … n − 1 the node holds. */
async function count(port: number, n: number): Promise<number> {
  const client = await connected(port)
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a' })
  for (let held = 0; held < n; held++) {
    const { body } = await client.expect('MESSAGE')
    if (Number.parseInt(body.toString(), 10) !== held) return held
  }
  return n
}

async function connected(port: number): Promise<Client> {
  const client = await Client.dial(port)
  client.send('CONNECT', { 'accept-version': '1.2', host: 'localhost' })
  await client.expect('CONNECTED')
  return client
}
