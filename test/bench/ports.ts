import { randomInt } from 'node:crypto'
import { connect, createServer } from 'node:net'

export const HOST = '127.0.0.1'
const POLL_MS = 10

/** Whether the port takes a connection; after a refusal, a short wait. */
export async function accepts(port: number): Promise<boolean> {
  return await new Promise<boolean>(resolve => {
    const socket = connect({ host: HOST, port }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => setTimeout(() => resolve(false), POLL_MS))
  })
}

/**
 * A port that nobody listens on now, for a program that is told its port. It lies below those that systems hand out (Linux from
 * 32,768, others from 49,152), or a connection that somebody opens meanwhile could have it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_240, 32_768)
    if (await isFree(port)) return port
  }
}

const isFree = async (port: number): Promise<boolean> =>
  await new Promise<boolean>((resolve, reject) => {
    const server = createServer().once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(false) : reject(error),
    )
    server.listen(port, HOST, () => server.close(() => resolve(true)))
  })
