import test, { type ExecutionContext } from 'ava'
import { accepts } from '../bench/ports.ts'
import { Client } from '../contract/world.ts'
import type { PairNode } from './node.ts'
import { PairSite, type PairOptions } from './pair.ts'
import { paired } from './survive.ts'
import { thorough } from './thorough.ts'
import { USERS, type Introduction, type User } from './templates.ts'

async function create(t: ExecutionContext, options: PairOptions): Promise<PairSite> {
  const site = await PairSite.create(options)
  t.teardown(() => site.end())
  return site
}

async function connectAs(port: number, user?: User): Promise<Client> {
  const client = await Client.dial(port)
  const login = user === undefined ? {} : { login: user, passcode: USERS[user] }
  client.send('CONNECT', { 'accept-version': '1.2', host: 'localhost', ...login })
  await client.expect('CONNECTED')
  client.version = '1.2'
  return client
}

/** The active serves as if nothing had happened. */
async function unharmed(t: ExecutionContext, node: PairNode, user?: User): Promise<void> {
  const client = await connectAs(node.port, user)
  await client.receipted('SEND', { destination: '/queue/unharmed', persistent: 'true' }, 'x')
  client.destroy()
  t.is((await node.report())?.role, 'active')
}

const introductions: readonly Introduction[] = [
  'masterConnectorURI',
  'masterConnector',
  'activeConnectorURI',
  'activeConnector',
]
for (const introduction of introductions) {
  const secured = introduction.endsWith('Connector')
  const attempt = introduction === 'masterConnectorURI' || introduction === 'activeConnector' ? test.serial : thorough
  attempt(
    `a passive introduced by ${introduction} ${secured ? 'and its login ' : ''}attaches and is in sync`,
    async t => {
      await paired(t, { inside: true, xml: { secured }, second: { introduction } })
      t.pass()
    },
  )
}

const refused: Record<string, { login: { userName: string; password: string }; says: RegExp }> = {
  'a wrong password': {
    login: { userName: 'root', password: 'wrong' },
    says: /root.*invalid/i,
  },
  'a login that only has every right on every queue (a grant on ">")': {
    login: { userName: 'app', password: USERS.app },
    says: /replicator/,
  },
  'a login without any right': {
    login: { userName: 'nobody', password: USERS.nobody },
    says: /replicator/,
  },
}

for (const [title, { login, says }] of Object.entries(refused)) {
  test.serial(
    `I19, rule 10: the journal is not shipped to ${title}: both nodes say so, and the active is unharmed`,
    async t => {
      const site = await create(t, {
        inside: true,
        xml: { secured: true },
        second: { introduction: 'masterConnector', login },
      })
      site.one.start()
      await site.one.serves()
      const passive = site.two.start()
      await passive.says(says)
      await site.one.program.says(says)
      t.is((await site.two.report())?.state, 'CONNECTING')
      t.is((await site.one.report())?.state, 'ALONE')
      await unharmed(t, site.one, 'app')
    },
  )
}

test.serial(
  'a second passive is refused while the first is attached: it says so, and the pair is unharmed',
  async t => {
    const site = await paired(t, { inside: true })
    const third = await create(t, { inside: true, second: { brokerName: 'three', activePort: site.one.port } })
    const refusedOne = third.two.start()
    await refusedOne.says(/already-attached/)
    await site.one.program.says(/already-attached/)
    await site.inSync(site.one)
    await unharmed(t, site.one)
  },
)

test.serial('shutdownOnMasterFailure: the passive ends with exit code 0, its copy intact', async t => {
  const site = await paired(t, { xml: { attributes: 'shutdownOnMasterFailure="true"' } })
  const client = await connectAs(site.one.port)
  await client.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'kept')
  await site.one.kill()
  t.deepEqual(await site.two.program.exited, { code: 0, signal: null }, site.logs())
  await site.verify()
})

test.serial(
  "shutdownOnMasterFailure in the passive's file alone is obeyed; started again and promoted by hand its copy leads",
  async t => {
    const site = await paired(t, { second: { attributes: 'shutdownOnMasterFailure="true"' } })
    const client = await connectAs(site.one.port)
    await client.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'kept')
    await site.one.kill()
    t.deepEqual(await site.two.program.exited, { code: 0, signal: null }, site.logs())
    site.two.start()
    await site.two.until('DISCONNECTED')
    const { status, body } = await site.two.command('promote')
    t.is(Math.trunc(status / 100), 2, body)
    await site.two.serves()
    const heir = await connectAs(site.two.port)
    heir.send('SUBSCRIBE', { id: '1', destination: '/queue/a' })
    t.is((await heir.expect('MESSAGE')).body.toString(), 'kept')
  },
)

test.serial('a store in memory cannot have a twin: both nodes say so, and the active is unharmed', async t => {
  const site = await create(t, { inside: true, first: { attributes: 'persistent="false"' } })
  site.one.start()
  await site.one.serves()
  const passive = site.two.start()
  await passive.says(/memory/)
  await site.one.program.says(/memory.*twin/)
  await unharmed(t, site.one)
})

test.serial('shutdownOnSlaveFailure: the active stops acknowledging and ends when its passive is lost', async t => {
  const site = await paired(t, { xml: { attributes: 'shutdownOnSlaveFailure="true"' } })
  await site.two.kill()
  const { signal } = await site.one.program.exited
  t.is(signal, null, 'it ended by itself')
  t.false(await accepts(site.one.port))
  await site.verify()
})

test.serial('waitForPassive: clients are held off until the passive is in sync, not merely connected', async t => {
  const site = await create(t, { inside: true, first: { attributes: 'waitForPassive="true"' } })
  site.one.start()
  await site.one.until('WAITING')
  await t.throwsAsync(connectAs(site.one.port), { message: /closed the connection|ECONNREFUSED/ })
  site.two.start()
  await site.inSync(site.one)
  await unharmed(t, site.one)
})

test.serial('waitForSlaveTimeout: the start fails when no passive came in time', async t => {
  const site = await create(t, { inside: true, first: { attributes: 'waitForSlave="true" waitForSlaveTimeout="300"' } })
  const started = site.one.start()
  const { code } = await started.exited
  t.is(code, 1)
  t.regex(started.stderr, /waitForSlave|waitForPassive/)
})
