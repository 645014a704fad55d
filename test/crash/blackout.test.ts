import test from 'ava'
import { freePort } from '../bench/ports.ts'
import { betweenLooks } from '../contract/looking.ts'
import { World, brokerXml } from '../contract/world.ts'
import { FaultyFiles, type Operation } from '../journal/faulty-files.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'
import { Chronicle, Drain, clientsOf } from './clients.ts'
import { checkHistory } from './history.ts'

/** Power cuts of both nodes; a run of the suite has few, `TANDEMMQ_BLACKOUTS` as many as one likes. */
const ROUNDS = Number(process.env['TANDEMMQ_BLACKOUTS'] ?? 4)

const store = `<persistenceAdapter><kahaDB directory="\${activemq.data}/store" journalMaxFileLength="64kb"
  checkpointInterval="20" cleanupInterval="20"/></persistenceAdapter>`

const CHANGES: ReadonlySet<Operation> = new Set(['write', 'sync', 'syncDirectory', 'rename', 'remove', 'open'])

class PowerCut extends Error {
  readonly code = 'EIO'
}

/** The node that takes clients, once the two are a pair. */
async function paired(nodes: readonly World[]): Promise<World> {
  const late = Date.now() + 60_000
  for (let looks = 0; ; looks++) {
    const states = nodes.map(node => node.running.pair.state)
    const at = states.indexOf('PAIRED')
    if (at >= 0 && states.includes('IN_SYNC') && nodes[at]!.running.addresses.length > 0) return nodes[at]!
    if (Date.now() > late)
      throw new Error(
        `no pair: ${states.join(', ')}\n${nodes.map(({ lines }) => lines.slice(-20).join('\n')).join('\n--\n')}`,
      )
    await betweenLooks(looks)
  }
}

test('both nodes of a pair lose power at once, again and again, and start in any order: nothing acknowledged is lost, nobody has to help', async t => {
  t.timeout(60_000 + ROUNDS * 20_000)
  const seed = freshSeed()
  t.log(`TANDEMMQ_SEED=${seed}`)
  const chronicle = new Chronicle(randomFrom(seed))
  const { random } = chronicle
  const ports = [await freePort(), await freePort()] as const
  const directories = [new World(), new World()] as const
  t.teardown(() => Promise.all(directories.map(world => world.end().catch(() => {}))))
  let disks: Disks = [new FaultyFiles(), new FaultyFiles()]
  const xml = [
    brokerXml({ body: store, connectors: { stomp: `stomp://127.0.0.1:${ports[0]}` } }),
    brokerXml({
      body: store,
      connectors: { stomp: `stomp://127.0.0.1:${ports[1]}` },
      attributes: `masterConnectorURI="tcp://127.0.0.1:${ports[0]}"`,
    }),
  ] as const
  const start = async (): Promise<[World, World]> => {
    const worlds: [World, World] = [new World(directories[0].directory), new World(directories[1].directory)]
    const order = random() < 0.5 ? ([0, 1] as const) : ([1, 0] as const)
    await Promise.all(order.map(async i => void (await worlds[i].start(xml[i], { files: disks[i] }))))
    return worlds
  }
  for (let round = 0; round < ROUNDS; round++) {
    const worlds = await start()
    const active = await paired(worlds)
    const port = active.port()
    const clients = clientsOf(port, chronicle)
    disks = await blackout(disks, random)
    await Promise.all(worlds.map(({ running }) => running.stopped.catch(() => undefined)))
    await Promise.all(clients.map(client => client.closed))
  }
  const worlds = await start()
  const port = (await paired(worlds)).port()
  const queues = ['auto', 'client', 'individual', 'transacted']
  await Promise.all(queues.map(queue => new Drain(port, chronicle, queue).done))
  await Promise.all(worlds.map(world => world.stop()))
  const faults = [...chronicle.errors, ...checkHistory(chronicle.events)]
  const receipts = chronicle.events.filter(({ type }) => type === 'receipted' || type === 'ack-receipted').length
  t.log(`${chronicle.events.length} events, ${receipts} receipts`)
  t.deepEqual(faults.slice(0, 10), [])
})

type Disks = readonly [FaultyFiles, FaultyFiles]

/** At some step of one of them the power of both goes. Answers what is left. */
function blackout(disks: Disks, random: () => number): Promise<Disks> {
  let left = between(random, 1, 400)
  let gone = false
  return new Promise(resolve => {
    for (const disk of disks)
      disk.before = async operation => {
        if (gone && operation !== 'close') throw new PowerCut(`the power is gone: ${operation}`)
        if (gone || !CHANGES.has(operation)) return
        // As a disk does, it takes longer than the way to the twin and back, now and then.
        for (let turns = between(random, 0, 60); turns > 0; turns--) await new Promise(setImmediate)
        if (!gone && --left <= 0) {
          gone = true
          resolve([crashed(disks[0], random), crashed(disks[1], random)])
        }
        if (gone) throw new PowerCut(`the power is gone: ${operation}`)
      }
  })
}

const crashed = (disk: FaultyFiles, random: () => number): FaultyFiles =>
  disk.crash(random, random() < 0.5 ? 'prefix' : 'sectors')
