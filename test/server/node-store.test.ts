import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { silentLog } from '../../src/base/log.ts'
import type { Lsn } from '../../src/base/lsn.ts'
import { Maintenance } from '../../src/broker/broker.ts'
import { loadConfig, type BrokerConfig } from '../../src/config/config.ts'
import type { Files, JournalEvents } from '../../src/journal/journal.ts'
import { NodeStore } from '../../src/server/node-store.ts'
import { World, brokerXml } from '../contract/world.ts'
import { FaultyFiles } from '../journal/faulty-files.ts'
import { Records } from '../twin/records.ts'

async function configOf(t: ExecutionContext): Promise<BrokerConfig> {
  const world = new World()
  t.teardown(() => world.end())
  const file = join(world.directory, 'activemq.xml')
  const body = `<persistenceAdapter><kahaDB directory="/store" journalMaxFileLength="2kb"/></persistenceAdapter>`
  writeFileSync(file, brokerXml({ body }))
  const { config } = await loadConfig(file, { properties: {}, env: {}, cwd: world.directory, decrypt: () => '' })
  return config!
}

/** A node's store, which applies what is committed. */
async function opened(config: BrokerConfig, files: Files): Promise<NodeStore> {
  const events: JournalEvents = {
    durable: upTo => store.durable(upTo),
    committed: upTo => store.follower.advance(upTo),
    writeFailed: () => 'stop',
    writeResumed: () => {},
    failed: error => {
      throw error
    },
  }
  const store: NodeStore = new NodeStore(config, silentLog, events, files)
  await store.start()
  store.opened.journal.limitCommit(Infinity as Lsn)
  return store
}

test('what went with segments that only the end cut off let go is no reason to fail: nothing is cut, and a copy takes its place', async t => {
  const config = await configOf(t)
  const files = new FaultyFiles()
  const store = await opened(config, files)
  const { journal, state } = store.opened
  const write = new Records({ journal } as never, files, store.journalDirectory)
  write.epoch(1)
  write.queue(1, 'orders')
  const keys: Lsn[] = []
  for (let i = 0; i < 40; i++) keys.push(write.message(1, `${i} ${'.'.repeat(200)}`))
  await journal.sync()
  store.settled = true
  await store.snapshot()
  write.message(1, 'the last that both have')
  await journal.sync()
  const at = journal.end
  // Alone: the twin has taken over meanwhile, and does not know of this.
  journal.retainFrom(at)
  write.remove(1, ...keys)
  await journal.sync()
  const port = {
    state,
    journal,
    schedule: () => {},
    spaceFreed: () => {},
    spaceWanted: true,
    space: { storeFull: false },
  }
  const options = { files, directory: store.journalDirectory, inMemory: false, log: silentLog, relocates: false }
  const before = journal.segments.length
  await new Maintenance(port, journal, options, 0 as never).run()
  t.true(journal.segments.length < before, 'spent segments are gone')
  const end = journal.end
  const facts = await store.cut(at, true)
  t.is(facts.end, end, 'nothing was cut')
  await store.close()
  const again = await opened(
    config,
    files.crash(() => 0, 'sectors'),
  )
  t.is(again.facts.end, end, 'and a start finds all of it')
})
