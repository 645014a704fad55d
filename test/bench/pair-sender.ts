/** The sending half of the null copier: every journal file of a directory, in order, down one socket. */
import { createReadStream, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

const [directory = '', port = ''] = process.argv.slice(2)
const socket = connect(Number(port), '127.0.0.1')
for (const name of readdirSync(directory).toSorted()) {
  if (!name.endsWith('.journal')) continue
  await pipeline(createReadStream(join(directory, name), { highWaterMark: 1 << 20 }), socket, { end: false })
}
socket.end()
