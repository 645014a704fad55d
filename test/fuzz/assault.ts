import { connect, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { deadlineMs } from '../contract/world.ts'
import { CLIENT_IDS, mutated, pieces, randomFrame, type Seen } from './frames.ts'
import type { Random } from './random.ts'

/** Frames of one connection; a mutated one mostly ends it. */
const FRAMES_MAX = 80
const MUTATED = 0.05
const KEPT = 8

/** One hostile connection from start to end: everything pipelined, cut at random, read or not. Resolves when it is closed. */
export async function assault(random: Random, port: number): Promise<void> {
  const clientId = random.chance(0.1) ? random.pick(CLIENT_IDS) : null
  const seen = { acks: [] as string[], messageIds: [] as string[], durable: clientId !== null }
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  const closed = closing(socket)
  collect(socket, seen)
  for (const piece of pieces(random, greeting(random, clientId))) socket.write(piece)
  for (let rounds = 1 + random.below(3); rounds > 0 && !socket.destroyed; rounds--) {
    const bytes = volley(random, seen)
    for (const piece of pieces(random, bytes)) {
      socket.write(piece)
      if (random.chance(0.02)) await turn()
    }
    await turn()
  }
  if (random.chance(0.15)) socket.destroy()
  else if (random.chance(0.1)) socket.resetAndDestroy()
  else socket.end(random.chance(0.5) ? 'DISCONNECT\nreceipt:end\n\n\0' : '')
  await closed
}

function greeting(random: Random, clientId: string | null): Buffer {
  const version = random.pick(['1.0', '1.1', '1.2', '1.0,1.1,1.2'])
  const beat = random.chance(0.2) ? 'heart-beat:1000,1000\n' : ''
  const id = clientId === null ? '' : `client-id:${clientId}\n`
  const frame = Buffer.from(`CONNECT\naccept-version:${version}\nlogin:fuzz\npasscode:fuzz\n${beat}${id}\n\0`)
  return clientId === null && random.chance(0.03) ? mutated(random, frame) : frame
}

function volley(random: Random, seen: Seen): Buffer {
  const frames: Buffer[] = []
  for (let i = random.below(FRAMES_MAX); i >= 0; i--) {
    const frame = randomFrame(random, seen)
    // A durable subscription under a name that nobody knows could not be removed again.
    const kept = frame.includes('subscriptionName')
    frames.push(!kept && random.chance(MUTATED) ? mutated(random, frame) : frame)
  }
  return Buffer.concat(frames)
}

/** Remembers what an ACK may name. */
function collect(socket: Socket, seen: Seen): void {
  socket.on('data', (chunk: Buffer) => {
    const text = chunk.toString('latin1')
    for (const [name, list] of [
      ['ack', seen.acks],
      ['message-id', seen.messageIds],
    ] as const) {
      const found = text.match(new RegExp(`^${name}:(.*)$`, 'm'))
      if (found !== null) list.push(found[1]!)
      if (list.length > KEPT) list.shift()
    }
  })
}

/** Rejects when the broker lets a connection hang that has said everything. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      socket.destroy()
      reject(new Error(`a connection was not closed within ${deadlineMs} ms`))
    }, deadlineMs)
    socket.on('error', () => {})
    // The broker closed: a client that keeps its half open would wait for ever.
    socket.on('end', () => socket.end())
    socket.on('close', () => {
      clearTimeout(late)
      resolve()
    })
  })
}
