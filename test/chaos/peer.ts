import { Client, type WireFrame } from '../contract/world.ts'

/** A peer that speaks the replication protocol as bytes (replication.md 4.4), and may say anything. */
export class Peer {
  readonly client: Client

  private constructor(client: Client) {
    this.client = client
  }

  /** Connected and subscribed, as a passive begins. */
  static async attach(port: number): Promise<Peer> {
    const client = await Client.dial(port)
    client.send('CONNECT', { 'accept-version': '1.2', host: 'localhost' })
    await client.expect('CONNECTED')
    client.version = '1.2'
    client.send('SUBSCRIBE', { id: 'r', destination: '/replication/journal', ack: 'client' })
    return new Peer(client)
  }

  /** A control frame; its fields are JSON. */
  say(type: string, fields: unknown): void {
    const body = typeof fields === 'string' ? fields : JSON.stringify(fields)
    this.client.send(
      'SEND',
      { destination: '/replication/control', type, 'content-length': `${Buffer.byteLength(body)}` },
      body,
    )
  }

  ack(session: string, epoch: number, position: number): void {
    this.client.send('ACK', {
      type: 'ack',
      id: session,
      epoch: `${epoch}`,
      recv: `${position}`,
      dur: `${position}`,
      beat: '1',
      stall: '0',
    })
  }

  /** The next control frame of this type; others are passed over. */
  async hears(type: string): Promise<{ frame: WireFrame; fields: Record<string, unknown> }> {
    for (;;) {
      const frame = await this.client.frame()
      if (frame.headers.get('type') !== type) continue
      return { frame, fields: JSON.parse(frame.body.toString()) as Record<string, unknown> }
    }
  }
}

const hex = (digit: string): string => digit.repeat(32)

/** A hello as an empty passive on its very first start says it. */
export const firstHello = (more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  proto: [1, 1],
  format: [1, 1],
  pairId: null,
  identity: { storeId: hex('a'), brokerName: 'hostile', uris: [], http: null },
  incarnation: hex('b'),
  role: 'passive',
  paired: false,
  end: 0,
  dur: 0,
  chain: 0,
  epochs: [],
  inSyncTo: 0,
  rev: 0,
  nonce: hex('c'),
  configDigest: '',
  ...more,
})
