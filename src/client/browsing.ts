import type { StompConnection } from './connection.ts'
import type { ServerFrame } from './frames.ts'

let numbers = 0

/**
 * Shows each message of a queue that matches to `visit`, without taking it; answers how many there were. ActiveMQ shows the first
 * 400 (`maxBrowsePageSize`). Rejects when the broker refuses or the connection ends.
 */
export async function browse(
  connection: StompConnection,
  queue: string,
  selector: string | null,
  visit: (message: ServerFrame) => void = () => {},
): Promise<number> {
  const id = `browse${++numbers}`
  const headers: [string, string][] = [
    ['destination', `/queue/${queue}`],
    ['browser', 'true'],
    ['ack', 'auto'],
  ]
  if (selector !== null) headers.push(['selector', selector])
  let count = 0
  let end: () => void = () => {}
  const ended = new Promise<void>(resolve => (end = resolve))
  await connection.reading(async () => {
    await connection.subscribe(id, headers, message => {
      if (message.headers.get('browser') === 'end') return end()
      count++
      visit(message)
    })
    await Promise.race([ended, connection.over])
  })
  if (connection.ended !== null) throw connection.ended
  await connection.unsubscribe(id)
  return count
}

/** Bytes of the body of a queue's first message, without taking it; 0 when there is none. Rejects as `browse`. */
export async function firstBodySize(connection: StompConnection, queue: string): Promise<number> {
  const id = `first${++numbers}`
  const headers = [
    ['destination', `/queue/${queue}`],
    ['browser', 'true'],
    ['ack', 'client-individual'],
    ['activemq.prefetchSize', '1'],
  ] as const
  let came: (size: number) => void = () => {}
  const first = new Promise<number>(resolve => (came = resolve))
  const size = await connection.reading(async () => {
    await connection.subscribe(id, headers, message => came(message.body.length))
    return await Promise.race([first, connection.over.then(() => 0)])
  })
  if (connection.ended !== null) throw connection.ended
  await connection.unsubscribe(id)
  return size
}
