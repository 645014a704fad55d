import type { Client, WireFrame, World } from './world.ts'

let names = 0

/** A name that no other test of this file uses. */
export const fresh = (stem = 'q'): string => `${stem}${++names}`

/** Sends one message to a fresh queue and answers it as a consumer of `version` sees it. */
export async function delivered(
  world: World,
  headers: Readonly<Record<string, string>> = {},
  body: string | Uint8Array = '',
  version = '1.2',
): Promise<WireFrame> {
  const client = await world.connect({ 'accept-version': version })
  const destination = `/queue/${fresh()}`
  await client.receipted('SUBSCRIBE', { id: 's', destination })
  client.send('SEND', { destination, ...headers }, body)
  return client.expect('MESSAGE')
}

/** The bodies of the next `count` MESSAGE frames. */
export async function bodies(client: Client, count: number): Promise<string[]> {
  const all: string[] = []
  while (all.length < count) all.push((await client.expect('MESSAGE')).body.toString())
  return all
}

/** The `message` of the next frame, which must be an ERROR. */
export const error = async (client: Client): Promise<string> =>
  (await client.expect('ERROR')).headers.get('message') ?? ''
