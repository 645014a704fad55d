import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

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

export async function freePort(): Promise<number> {
  return await new Promise<number>((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, HOST, () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
