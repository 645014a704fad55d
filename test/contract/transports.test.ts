import { once } from 'node:events'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import test from 'ava'
import { clientCertificate, connectTls, dialTls, SSL_CONTEXT, tlsFile } from './tls.ts'
import { World, brokerXml, deadlineMs, type Client } from './world.ts'

const PLAIN = ['stomp', 'stomp+nio', 'tcp', 'nio', 'auto', 'auto+nio']
const TLS = ['stomp+ssl', 'stomp+nio+ssl', 'ssl', 'nio+ssl', 'auto+ssl', 'auto+nio+ssl']
const isTls = (scheme: string): boolean => TLS.some(each => scheme.startsWith(each))

const world = new World()
test.before(async () => {
  const connectors: Record<string, string> = {}
  for (const scheme of [...PLAIN, ...TLS]) connectors[scheme] = `${scheme}://127.0.0.1:0`
  for (const scheme of ['auto', 'auto+ssl'])
    connectors[`${scheme} quick`] =
      `${scheme}://127.0.0.1:0?protocolDetectionTimeOut=200&transport.connectAttemptTimeout=20000`
  connectors['need'] = 'stomp+ssl://127.0.0.1:0?needClientAuth=true'
  connectors['transport need'] = 'stomp+nio+ssl://127.0.0.1:0?transport.needClientAuth=true'
  connectors['want'] = 'stomp+ssl://127.0.0.1:0?transport.wantClientAuth=true'
  connectors['1.2 only'] = 'stomp+ssl://127.0.0.1:0?transport.enabledProtocols=TLSv1.2'
  connectors['1.3 only'] = 'stomp+ssl://127.0.0.1:0?transport.enabledProtocols=TLSv1.3'
  connectors['one suite'] =
    'stomp+ssl://127.0.0.1:0?transport.enabledProtocols=TLSv1.2&transport.enabledCipherSuites=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'
  connectors['traced'] = 'stomp://127.0.0.1:0?transport.trace=true'
  connectors['odd'] =
    'stomp://127.0.0.1:0?transport.soLinger=0&transport.soTimeout=10&transport.tcpNoDelay=true&closeAsync=false&useKeepAlive=true&backlog=10&what.is=this&transport.unheardOf=1'
  await world.start(brokerXml({ body: SSL_CONTEXT, connectors }))
})
test.after.always(() => world.end())

const dial = (name: string): Promise<Client> => (isTls(name) ? dialTls(world, name) : world.dial(name))

for (const scheme of [...PLAIN, ...TLS]) {
  test(`S-TRN-01: ${scheme} serves STOMP: messages, acknowledgements, transactions, errors, DISCONNECT`, async t => {
    const client = isTls(scheme) ? await connectTls(world, scheme) : await world.connect({}, scheme)
    const destination = `/queue/${scheme}`
    await client.receipted('BEGIN', { transaction: 't' })
    await client.receipted('SEND', { destination, persistent: 'true', transaction: 't' }, 'body')
    await client.receipted('COMMIT', { transaction: 't' })
    client.send('SUBSCRIBE', { id: '1', destination, ack: 'client-individual' })
    const message = await client.expect('MESSAGE')
    t.is(message.body.toString(), 'body')
    await client.receipted('ACK', { id: message.headers.get('ack') ?? '' })
    client.send('ACK', {})
    await client.expect('ERROR')
    await client.receipted('DISCONNECT')
    t.deepEqual(await client.closed(), [])
  })

  test(`S-TRN-01: ${scheme} writes and reads a megabyte in pieces`, async t => {
    const client = isTls(scheme) ? await connectTls(world, scheme) : await world.connect({}, scheme)
    const destination = `/queue/large.${scheme}`
    client.send('SUBSCRIBE', { id: '1', destination })
    const body = 'ab'.repeat(500_000)
    client.send('SEND', { destination }, body)
    t.true((await client.expect('MESSAGE')).body.toString() === body)
  })
}

for (const scheme of ['auto', 'auto+nio', 'auto+ssl', 'auto+nio+ssl']) {
  test(`S-TRN-03: ${scheme} recognises CONNECT and STOMP, byte by byte too`, async t => {
    for (const command of ['CONNECT', 'STOMP']) {
      const client = await dial(scheme)
      client.socket.setNoDelay(true)
      for (const byte of Buffer.from(`${command}\naccept-version:1.2\n\n\0`)) {
        client.raw(new Uint8Array([byte]))
        await new Promise(resolve => setImmediate(resolve))
      }
      t.is((await client.expect('CONNECTED')).headers.get('version'), '1.2')
    }
  })

  test(`S-TRN-03, S-CON-16: ${scheme} drops everything else without an ERROR`, async t => {
    const others = [
      '\nCONNECT\n\n\0',
      ' CONNECT\n\n\0',
      'SEND\ndestination:/queue/a\n\n\0',
      'connect\n\n\0',
      'GET / HTTP/1.1\r\n\r\n',
      '\x00\x01\x02\x03\x04\x05\x06\x07',
    ]
    for (const bytes of others) {
      const client = await dial(scheme)
      client.raw(bytes)
      t.deepEqual(await client.closed(), [], JSON.stringify(bytes))
      t.is(client.received.length, 0)
    }
  })
}

for (const scheme of ['auto quick', 'auto+ssl quick']) {
  test(`S-TRN-03: ${scheme}: protocolDetectionTimeOut limits the first eight bytes`, async t => {
    const from = performance.now()
    const silent = await dial(scheme)
    const partial = await dial(scheme)
    partial.raw('CONN')
    t.deepEqual(await silent.closed(), [])
    t.deepEqual(await partial.closed(), [])
    const ms = performance.now() - from
    t.true(ms >= 190, `closed after ${ms} ms`)
  })
}

test('S-TRN-02: options without effect and unknown ones do not prevent the start', async t => {
  const client = await world.connect({}, 'odd')
  await client.quiet()
  t.true(world.findings.some(finding => finding.message.includes('transport.unheardOf')))
})

test('S-TRN-04: trace shows the frames and no passcode', async t => {
  const client = await world.dial('traced')
  client.send('CONNECT', {
    'accept-version': '1.2',
    login: 'shown',
    passcode: 'hidden-1',
    'my-Passcode-too': 'hidden-2',
  })
  await client.expect('CONNECTED')
  await client.receipted('SEND', { destination: '/queue/traced', 'x-passcode': 'hidden-3' }, 'hidden-4')
  const log = world.lines.filter(line => line.includes(' > ')).join('\n')
  t.regex(log, /CONNECT .*login:shown/)
  t.regex(log, /SEND .*destination:\/queue\/traced/)
  t.notRegex(world.lines.join('\n'), /hidden-/)
})

// TLS

/** Does a CONNECT succeed? The reason if not. */
async function outcome(name: string, options: ConnectionOptions): Promise<string> {
  try {
    const client = await connectTls(world, name, options)
    await client.quiet()
    client.destroy()
    return 'connected'
  } catch (error) {
    return `refused: ${error instanceof Error ? error.message : String(error)}`
  }
}

for (const name of ['need', 'transport need']) {
  test(`S-TLS-01, TL-02: ${name}ClientAuth lets a trusted certificate in and nobody else`, async t => {
    t.is(await outcome(name, clientCertificate('client')), 'connected')
    t.regex(await outcome(name, {}), /^refused/)
    t.regex(await outcome(name, clientCertificate('stranger')), /^refused/)
    t.regex(await outcome(name, { maxVersion: 'TLSv1.2' }), /^refused/)
    t.regex(await outcome(name, { maxVersion: 'TLSv1.2', ...clientCertificate('stranger') }), /^refused/)
    t.is(await outcome(name, { maxVersion: 'TLSv1.2', ...clientCertificate('client') }), 'connected')
  })
}

test('S-TLS-01, TL-02: wantClientAuth lets a client without certificate in, but not one with an untrusted', async t => {
  t.is(await outcome('want', {}), 'connected')
  t.is(await outcome('want', clientCertificate('client')), 'connected')
  t.regex(await outcome('want', clientCertificate('stranger')), /^refused/)
})

test('S-TLS-01: TLS 1.2 and 1.3 are served, older versions are not', async t => {
  t.is(await outcome('stomp+ssl', { minVersion: 'TLSv1.3' }), 'connected')
  t.is(await outcome('stomp+ssl', { maxVersion: 'TLSv1.2' }), 'connected')
  t.regex(
    await outcome('stomp+ssl', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    /^refused/,
  )
})

test('S-TLS-01: enabledProtocols and enabledCipherSuites are honoured', async t => {
  t.is(await outcome('1.2 only', {}), 'connected')
  t.regex(await outcome('1.2 only', { minVersion: 'TLSv1.3' }), /^refused/)
  t.is(await outcome('1.3 only', {}), 'connected')
  t.regex(await outcome('1.3 only', { maxVersion: 'TLSv1.2' }), /^refused/)
  t.is(await outcome('one suite', { ciphers: 'ECDHE-RSA-AES256-GCM-SHA384' }), 'connected')
  t.regex(await outcome('one suite', { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }), /^refused/)
})

test('S-TLS-01: renegotiation in TLS 1.2 and new keys in 1.3 do not stall a conversation', async t => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const client = await connectTls(world, 'stomp+ssl', { maxVersion })
    client.send('SUBSCRIBE', { id: '1', destination: `/queue/keys${maxVersion}` })
    const socket = client.socket as TLSSocket // connectTls made it
    if (maxVersion === 'TLSv1.2') {
      // Refused or done: either way the conversation must go on or end, not hang.
      await new Promise<void>(resolve => {
        const asked = socket.renegotiate({}, () => resolve())
        if (asked === false) resolve()
        socket.once('close', () => resolve())
      })
      if (socket.destroyed) continue
    }
    client.send('SEND', { destination: `/queue/keys${maxVersion}` }, 'after')
    t.is((await client.expect('MESSAGE')).body.toString(), 'after')
  }
})

test('S-TLS-01, S-LIM-07: a handshake that never ends is cut off, and others are served meanwhile', async t => {
  const own = await new World().start(
    brokerXml({
      body: SSL_CONTEXT,
      connectors: { tls: 'stomp+ssl://127.0.0.1:0?transport.connectAttemptTimeout=1500' },
    }),
  )
  t.teardown(() => own.end())
  const stuck = await own.dial('tls')
  stuck.raw(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]))
  const client = await connectTls(own, 'tls')
  await client.quiet()
  t.deepEqual(await stuck.closed(), [])
  await client.quiet()
})

for (const scheme of ['stomp+ssl', 'wss'])
  test(`S-TLS-01: who ends the connection in the handshake keeps no place (${scheme})`, async t => {
    const own = await new World().start(
      brokerXml({ body: SSL_CONTEXT, connectors: { tls: `${scheme}://127.0.0.1:0` } }),
    )
    t.teardown(() => own.end())
    for (const begun of [[], [0x16, 0x03, 0x01, 0x02, 0x00]]) {
      const gone = await own.dial('tls')
      gone.raw(Buffer.from(begun))
      gone.socket.end()
      t.deepEqual(await gone.closed(), [])
    }
  })

test('S-TLS-01: who has sent the last frames and ends its half has the answers', async t => {
  const client = await connectTls(world, 'stomp+ssl')
  for (let i = 0; i < 100; i++) client.send('SEND', { destination: '/queue/last words', receipt: `r${i}` }, 'x')
  client.socket.end()
  t.deepEqual(
    (await client.closed()).map(({ headers }) => headers.get('receipt-id')),
    Array.from({ length: 100 }, (_, i) => `r${i}`),
  )
})

test('S-TLS-01: plain STOMP on a TLS port, and TLS on a plain port, are closed and harm nobody', async t => {
  const plain = await world.dial('stomp+ssl')
  plain.raw('CONNECT\naccept-version:1.2\n\n\0')
  await plain.closed()
  t.false(plain.received.toString('latin1').includes('CONNECTED'))
  await t.throwsAsync(dialTls(world, 'stomp'))
  t.true(world.lines.some(line => line.includes('TLS')))
  t.is(await outcome('stomp+ssl', {}), 'connected')
})

test('S-TLS-01, TL-01: a certificate on the revocation list is refused', async t => {
  const context = SSL_CONTEXT.replace('<sslContext key', `<sslContext crlPath="${tlsFile('crl.pem')}" key`)
  const own = await new World().start(
    brokerXml({ body: context, connectors: { need: 'stomp+ssl://127.0.0.1:0?needClientAuth=true' } }),
  )
  t.teardown(() => own.end())
  await (await connectTls(own, 'need', clientCertificate('client'))).quiet()
  await t.throwsAsync(connectTls(own, 'need', clientCertificate('revoked')))
})

for (const [file, type, key] of [
  ['server.jks', 'jks', 'key-secret'],
  ['server-openssl.p12', 'PKCS12', ''],
  ['server-legacy.p12', 'PKCS12', ''],
] as const) {
  test(`S-TLS-01, TL-01: a key store ${file} serves`, async t => {
    const keyPassword = key === '' ? '' : `keyStoreKeyPassword="${key}"`
    const own = await new World().start(
      brokerXml({
        body: `<sslContext><sslContext keyStore="file:${tlsFile(file)}" keyStoreType="${type}" keyStorePassword="store-secret" ${keyPassword}/></sslContext>`,
        connectors: { tls: 'stomp+ssl://127.0.0.1:0' },
      }),
    )
    t.teardown(() => own.end())
    await (await connectTls(own, 'tls')).quiet()
    t.pass()
  })
}

test('S-TRN-01: an OpenWire client on tcp:// is recognised, told in the log once, and closed', async t => {
  // What ActiveMQ's own client sends first: WireFormatInfo with magic, version 12 and its property map.
  const marshalled = Buffer.from('00000100000c01000000000000', 'hex')
  const info = Buffer.concat([Buffer.from([1]), Buffer.from('ActiveMQ'), Buffer.from([0, 0, 0, 12, 1]), marshalled])
  const size = Buffer.alloc(4)
  size.writeInt32BE(info.length)
  for (const scheme of ['tcp', 'nio', 'auto', 'ssl']) {
    for (let n = 0; n < 3; n++) {
      const client = await dial(scheme)
      client.raw(Buffer.concat([size, info]))
      t.deepEqual(await client.closed(), [])
      t.is(client.received.length, 0)
    }
    const told = world.lines.filter(
      line => line.startsWith('WARN') && line.includes(`"${scheme}"`) && line.includes('OpenWire'),
    )
    t.is(told.length, 1, told.join('\n'))
  }
  const slow = await world.dial('tcp')
  slow.socket.setNoDelay(true)
  for (const byte of Buffer.concat([size, info]).subarray(0, 13)) {
    slow.raw(new Uint8Array([byte]))
    await new Promise(resolve => setImmediate(resolve))
  }
  t.deepEqual(await slow.closed(), [])
  await (await world.connect({}, 'tcp')).quiet()
})

test('S-CON-15: stopping frees the TLS port with a connection in it', async t => {
  const own = await new World().start(brokerXml({ body: SSL_CONTEXT, connectors: { tls: 'stomp+ssl://127.0.0.1:0' } }))
  t.teardown(() => own.end())
  const client = await connectTls(own, 'tls')
  const inHandshake = await own.dial('tls')
  const late = setTimeout(() => t.fail('the broker does not stop'), deadlineMs)
  await own.stop()
  clearTimeout(late)
  t.deepEqual(await client.closed(), [])
  inHandshake.destroy()
  if (!inHandshake.socket.closed) await once(inHandshake.socket, 'close')
  t.pass()
})

for (const scheme of ['stomp', 'stomp+ssl']) {
  test(`S-RCP-03: what a client of ${scheme} has left unread reaches it unchanged, whatever others are sent meanwhile`, async t => {
    const count = 500
    const body = (of: string, n: number): string => `${of}${n}`.padEnd(20_000, String.fromCharCode(97 + (n % 26)))
    const connect = (): Promise<Client> => (isTls(scheme) ? connectTls(world, scheme) : world.connect({}, scheme))
    const [late, other, sender] = [await connect(), await connect(), await world.connect({}, 'stomp')]
    await late.receipted('SUBSCRIBE', { id: '1', destination: `/queue/late.${scheme}` })
    await other.receipted('SUBSCRIBE', { id: '1', destination: `/queue/other.${scheme}` })
    late.socket.pause()
    for (let n = 1; n <= count; n++) sender.send('SEND', { destination: `/queue/late.${scheme}` }, body('late', n))
    await sender.quiet()
    t.true(
      [...world.running.broker.sessions].some(({ link }) => link.queued > 0),
      'some of it waits for the socket',
    )
    for (let n = 1; n <= 100; n++) sender.send('SEND', { destination: `/queue/other.${scheme}` }, body('other', n))
    for (let n = 1; n <= 100; n++) t.true((await other.expect('MESSAGE')).body.equals(Buffer.from(body('other', n))))
    late.socket.resume()
    for (let n = 1; n <= count; n++) {
      const frame = await late.expect('MESSAGE')
      if (!frame.body.equals(Buffer.from(body('late', n)))) return t.fail(`message ${n} is another`)
    }
  })
}
