import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import { Client } from '../contract/world.ts'
import { Proxy } from './proxy.ts'

interface Line {
  readonly proxy: Proxy
  readonly server: Server
  /** Connects through the proxy; resolves to both ends. */
  dial(): Promise<{ near: Client; far: Socket }>
}

async function line(t: ExecutionContext): Promise<Line> {
  const server = createServer({ allowHalfOpen: true })
  const ends: Socket[] = []
  server.on('connection', socket => void ends.push(socket.on('error', () => {})))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const proxy = await Proxy.open((server.address() as AddressInfo).port)
  t.teardown(async () => {
    await proxy.close()
    for (const end of ends) end.destroy()
    server.close()
  })
  const dial = async (): Promise<{ near: Client; far: Socket }> => {
    const connected = once(server, 'connection') as Promise<[Socket]>
    const near = await Client.dial(proxy.port)
    return { near, far: (await connected)[0] }
  }
  return { proxy, server, dial }
}

const text = async (socket: Socket): Promise<string> => String((await once(socket, 'data'))[0])
const frame = 'X\n\n\0'

test('the proxy passes bytes both ways, and counts them', async t => {
  const { proxy, dial } = await line(t)
  const { near, far } = await dial()
  near.raw('hello')
  t.is(await text(far), 'hello')
  far.write(frame)
  t.is((await near.frame()).command, 'X')
  t.deepEqual(proxy.bytes, { forth: 5, back: frame.length })
  t.is(proxy.connections, 1)
})

test('a stalled direction holds everything back and loses nothing; the other goes on', async t => {
  const { proxy, dial } = await line(t)
  const { near, far } = await dial()
  proxy.stall('forth')
  near.raw('held')
  let early = false
  far.on('data', () => (early = true))
  far.write(frame)
  await near.frame()
  t.false(early)
  far.removeAllListeners('data')
  const held = text(far)
  proxy.resume()
  t.is(await held, 'held')
})

test('a cut resets what is open, and lets nobody through until it is mended', async t => {
  const { proxy, server, dial } = await line(t)
  const { near, far } = await dial()
  const gone = new Promise(resolve => far.once('close', resolve))
  proxy.cut()
  await near.closed()
  await gone
  let connected = false
  server.once('connection', () => (connected = true))
  const late = await Client.dial(proxy.port)
  await proxy.opened(2)
  t.false(connected)
  const through = once(server, 'connection') as Promise<[Socket]>
  late.raw('patient')
  proxy.resume()
  t.is(await text((await through)[0]), 'patient')
})

test('a half close ends one direction, and the other still carries bytes', async t => {
  const { proxy, dial } = await line(t)
  const { near, far } = await dial()
  far.resume()
  const ended = once(far, 'end')
  proxy.halfClose('forth')
  await ended
  far.write(frame)
  t.is((await near.frame()).command, 'X')
})

test('a delay holds every byte back for so long', async t => {
  const { proxy, dial } = await line(t)
  const { near, far } = await dial()
  proxy.delay(50)
  const sentAt = performance.now()
  near.raw('slow')
  t.is(await text(far), 'slow')
  t.true(performance.now() - sentAt >= 49)
})

test('a corrupted line flips one bit, once, in a chunk that is long enough', async t => {
  const { proxy, dial } = await line(t)
  const { near, far } = await dial()
  proxy.corrupt('forth', 3)
  near.raw('ab')
  t.is(await text(far), 'ab')
  near.raw('abc')
  t.is(await text(far), 'acc')
  near.raw('abc')
  t.is(await text(far), 'abc')
})
