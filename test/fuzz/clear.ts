import { Client } from '../contract/world.ts'
import { CLIENT_IDS, NAMES_OF_DURABLES } from './frames.ts'

/** Removes the durable subscriptions that an assault left, as far as there are any; every answer is right. */
export async function forgetDurables(port: number): Promise<void> {
  for (const clientId of CLIENT_IDS) {
    const client = await Client.dial(port)
    client.send('CONNECT', { 'accept-version': '1.2', login: 'fuzz', passcode: 'fuzz', 'client-id': clientId })
    await client.expect('CONNECTED')
    for (const name of NAMES_OF_DURABLES) {
      client.send('UNSUBSCRIBE', { id: 'x', 'activemq.subscriptionName': name, receipt: name })
      await client.frame()
    }
    client.send('DISCONNECT')
    await client.closed()
  }
}

/** A consumer that takes whatever an assault can have left in a queue; what is there after it leaked. */
export async function takeEverything(port: number): Promise<Client> {
  const client = await Client.dial(port)
  client.send('CONNECT', { 'accept-version': '1.2', login: 'witness', passcode: 'witness' })
  await client.expect('CONNECTED')
  // Not `/queue/>`: that would take away what the witness waits for.
  for (const destination of ['/queue/fuzz.>', '/queue/ActiveMQ.DLQ'])
    client.send('SUBSCRIBE', { id: destination, destination, ack: 'auto' })
  return client
}
