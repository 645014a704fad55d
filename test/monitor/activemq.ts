import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'

const B = 'org.apache.activemq:brokerName=localhost'
const LOGIN = `Basic ${Buffer.from('admin:admin').toString('base64')}`

/** What an ActiveMQ 5.17.2 said of itself (management 1.1, 1.2, 1.7), as far as the dashboard asks. */
function valueOf(pattern: string, sends: number): unknown {
  if (/^org\.apache\.activemq:type=Broker,brokerName=\*$/.test(pattern))
    return {
      [`${B},type=Broker`]: {
        BrokerName: 'localhost',
        BrokerVersion: '5.17.2',
        UptimeMillis: 90_000,
        Slave: false,
        MemoryPercentUsage: 3,
        StorePercentUsage: 12,
        TempPercentUsage: 0,
        CurrentConnectionsCount: 1,
        TotalEnqueueCount: 100 + sends,
        TotalDequeueCount: 50,
        TransportConnectors: { openwire: 'tcp://host:61616?maximumConnections=1000', stomp: 'stomp://host:61613' },
      },
    }
  if (pattern.includes('service=Health'))
    return {
      [`${B},service=Health,type=Broker`]: {
        CurrentStatus:
          'Getting Worried { org.apache.activemq.noConsumer: WARNING Queue orders has no consumers from x , }',
      },
    }
  if (pattern.includes('destinationType=Queue,destinationName=*'))
    return {
      [`${B},destinationName=orders,destinationType=Queue,type=Broker`]: {
        Name: 'orders',
        QueueSize: 4,
        InFlightCount: 0,
        ConsumerCount: 0,
        ProducerCount: 0,
        EnqueueCount: 9 + sends,
        DequeueCount: 5,
        ExpiredCount: 0,
        MemoryPercentUsage: 0,
        BlockedSends: 0,
        DLQ: false,
        Paused: false,
      },
    }
  return undefined
}

/** Answers as Jetty and Jolokia 1.7 of an ActiveMQ 5.17 do, behind its login; its address. `actors`: who asked; `pair`: what it says
 * of its pair, which makes it a TandemMQ. */
export async function activemq(
  t: ExecutionContext,
  { actors = new Set<string>(), pair = null }: { readonly actors?: Set<string>; readonly pair?: object | null } = {},
): Promise<string> {
  let sends = 0
  const server = createServer((request, response) => {
    actors.add(String(request.headers['x-tandemmq-actor']))
    if (request.headers.authorization !== LOGIN) {
      response.writeHead(401, { 'www-authenticate': 'basic realm="ActiveMQRealm"', 'content-type': 'text/html' })
      response.end('<html><body><h2>HTTP ERROR 401 Unauthorized</h2></body></html>')
      return
    }
    if (pair !== null && request.url === '/api/pair') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(pair))
      return
    }
    if (request.url?.startsWith('/api/jolokia') !== true) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<html>404</html>')
      return
    }
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      sends += 7
      const asked = JSON.parse(body) as readonly { readonly mbean: string; readonly type: string }[]
      const answers = asked.map(one => {
        const value = valueOf(one.mbean, sends)
        const timestamp = Math.floor(Date.now() / 1000)
        const error = `javax.management.InstanceNotFoundException : No MBean with pattern ${one.mbean} found for reading attributes`
        return value === undefined
          ? { request: one, error_type: 'javax.management.InstanceNotFoundException', error, status: 404 }
          : { request: one, value, timestamp, status: 200 }
      })
      response.writeHead(200, { 'content-type': 'text/plain;charset=utf-8' }).end(JSON.stringify(answers))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
