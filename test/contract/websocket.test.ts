import { Client as StompJs } from '@stomp/stompjs'
import test from 'ava'
import { WebSocket } from 'ws'
import { World, brokerXml, deadlineMs } from './world.ts'

const xml = brokerXml({ connectors: { stomp: 'stomp://127.0.0.1:0', ws: 'ws://127.0.0.1:0' } })

/** The next text message of a WebSocket. */
const nextText = (socket: WebSocket): Promise<string> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('no message came')), deadlineMs)
    socket.once('message', data => {
      clearTimeout(late)
      resolve((data as Buffer).toString('utf8'))
    })
  })

const open = (port: number, protocols: string[]): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, protocols)
    socket.once('open', () => resolve(socket))
    socket.once('error', reject)
  })

test('S-WS-01, S-WS-04: the best sub-protocol is answered, and each text message is one frame ending at NUL', async t => {
  const world = await new World().start(xml)
  t.teardown(() => world.end())
  const socket = await open(world.port('ws'), ['v10.stomp', 'v12.stomp', 'v11.stomp'])
  t.is(socket.protocol, 'v12.stomp')
  socket.send('CONNECT\naccept-version:1.2\n\n\0')
  const connected = await nextText(socket)
  t.regex(connected, /^CONNECTED\nversion:1\.2\n/)
  t.true(connected.endsWith('\n\n\0'))
  const frames: string[] = []
  const done = new Promise<void>(resolve => {
    socket.on('message', data => {
      frames.push((data as Buffer).toString('utf8'))
      if (frames.length === 4) resolve()
    })
  })
  socket.send('SUBSCRIBE\nid:1\ndestination:/topic/t\nreceipt:s\n\n\0')
  for (const body of ['a', 'b', 'c']) socket.send(`SEND\ndestination:/topic/t\n\n${body}\0`)
  await done
  t.deepEqual(
    frames.map(frame => frame.split('\n', 1)[0]),
    ['RECEIPT', 'MESSAGE', 'MESSAGE', 'MESSAGE'],
  )
  for (const frame of frames) t.true(frame.endsWith('\0'))
  socket.terminate()
})

test('S-WS-03, S-WS-05: a frame cut over several text messages is one frame, and no sub-protocol offered is STOMP', async t => {
  const world = await new World().start(xml)
  t.teardown(() => world.end())
  const socket = await open(world.port('ws'), [])
  t.is(socket.protocol, '')
  socket.send('CONN')
  socket.send('ECT\naccept-version:1.1\n')
  socket.send('\n\0')
  t.regex(await nextText(socket), /^CONNECTED/)
  socket.terminate()
})

test('a browser client (@stomp/stompjs) and a TCP client exchange messages', async t => {
  const world = await new World().start(xml)
  t.teardown(() => world.end())
  const tcp = await world.connect()
  await tcp.receipted('SUBSCRIBE', { id: '1', destination: '/queue/to-tcp' })
  const received = new Promise<string>((resolve, reject) => {
    const client = new StompJs({
      webSocketFactory: () =>
        new WebSocket(`ws://127.0.0.1:${world.port('ws')}`, ['v12.stomp']) as unknown as globalThis.WebSocket, // the same interface
      reconnectDelay: 0,
    })
    client.onConnect = () => {
      client.subscribe('/queue/to-browser', message => {
        resolve(message.body)
        void client.deactivate()
      })
      client.publish({ destination: '/queue/to-tcp', body: 'hello from a browser' })
    }
    client.onStompError = frame => reject(new Error(frame.headers['message']))
    client.activate()
  })
  t.is((await tcp.expect('MESSAGE')).body.toString(), 'hello from a browser')
  tcp.send('SEND', { destination: '/queue/to-browser' }, 'grüße 🚀')
  t.is(await received, 'grüße 🚀')
})
