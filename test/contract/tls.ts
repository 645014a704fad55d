import { readFileSync } from 'node:fs'
import { connect, type ConnectionOptions } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { Client, type World } from './world.ts'

const directory = fileURLToPath(
  new URL(import.meta.url.includes('/dist/') ? '../../../fixtures/tls/' : '../../fixtures/tls/', import.meta.url),
)

/** A file of fixtures/tls, by absolute path. */
export const tlsFile = (name: string): string => directory + name

/** `<sslContext>` with the server's key and, as trust store, the test authority. */
export const SSL_CONTEXT: string =
  `<sslContext><sslContext keyStore="${tlsFile('server-keytool.p12')}" keyStoreType="PKCS12" keyStorePassword="store-secret" ` +
  `trustStore="${tlsFile('trust-keytool.p12')}" trustStoreType="PKCS12" trustStorePassword="store-secret"/></sslContext>`

/** Key and certificate of a client: `client`, `revoked` or `stranger`. */
export function clientCertificate(name: string): ConnectionOptions {
  const pem = readFileSync(tlsFile(`${name}.pem`))
  return { key: pem, cert: pem }
}

/** A TLS connection that verifies the broker. Rejects when the handshake fails. */
export function dialTls(world: World, name: string, options: ConnectionOptions = {}): Promise<Client> {
  return new Promise((resolve, reject) => {
    const ca = readFileSync(tlsFile('ca.pem'))
    const settings = { port: world.port(name), host: '127.0.0.1', servername: 'localhost', ca, ...options }
    const socket = connect(settings, () => resolve(new Client(socket)))
    socket.once('error', reject)
  })
}

/** As `dialTls`, and CONNECT. Rejects when the broker closes the connection instead of answering. */
export async function connectTls(
  world: World,
  name: string,
  options: ConnectionOptions = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Client> {
  const client = await dialTls(world, name, options)
  client.send('CONNECT', { 'accept-version': '1.2', ...headers })
  const frame = await client.frame()
  if (frame.command !== 'CONNECTED') throw new Error(`${frame.command}: ${frame.headers.get('message') ?? ''}`)
  client.version = '1.2'
  return client
}
