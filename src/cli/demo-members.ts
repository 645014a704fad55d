import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One of the two brokers of a demonstration. */
export interface Member {
  readonly name: 'active' | 'passive'
  readonly stomp: number
  /** `host:port`. */
  readonly http: string
  /** Its XML file. */
  readonly file: string
}

const ROOT = fileURLToPath(new URL(import.meta.url.includes('/dist/') ? '../../../' : '../../', import.meta.url))
export const BIN: string = join(ROOT, 'bin', 'tandemmq.js')

const fileOf = (name: string): string => join(ROOT, 'fixtures', 'pair', `${name}.xml`)

/** As fixtures/pair/*.xml say. */
export const MEMBERS: readonly [Member, Member] = [
  { name: 'active', stomp: 61614, http: '127.0.0.1:8161', file: fileOf('active') },
  { name: 'passive', stomp: 61615, http: '127.0.0.1:8162', file: fileOf('passive') },
]

/** The program and its arguments. */
export const startCommand = ({ http, file }: Member, directory: string): readonly string[] => [
  process.execPath,
  BIN,
  'start',
  '-Dtandemmq.log=pretty',
  `-Dactivemq.data=${directory}`,
  `-Dtandemmq.http=${http}`,
  `xbean:file:${file}`,
]

/** Those of the demonstration's ports where somebody listens. */
export async function portsTaken(members: readonly Member[]): Promise<readonly number[]> {
  const ports = members.flatMap(({ stomp, http }) => [stomp, Number(http.split(':')[1])])
  const answers = await Promise.all(
    ports.map(
      port =>
        new Promise<boolean>(done => {
          const socket = connect(port, '127.0.0.1')
          const end = (taken: boolean): void => {
            socket.destroy()
            done(taken)
          }
          socket.on('connect', () => end(true)).on('error', () => end(false))
        }),
    ),
  )
  return ports.filter((_, i) => answers[i])
}
