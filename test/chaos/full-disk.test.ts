import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
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

/** A file system of 12 MB for what the node stores; answers how to take it away. null: not allowed. */
function mount(node: PairNode): (() => void) | null {
  const directory = dirname(node.data)
  mkdirSync(directory, { recursive: true })
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', directory])
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
