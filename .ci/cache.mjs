// Writes what V8 has compiled of `start`, for all starts after this one: bundle.mjs runs it, with no flags. What is never called
// is not in it, so brokers are started here as others will be: the instance that `tandemmq create` makes, anew and again, and
// a passive of it. On ports that the system chooses, in a directory that goes.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CACHE, CODE, compile, run } from '../bin/start.js'

const script = compile(readFileSync(`dist/bundle/${CODE}`), null)
const { main } = run(script)
const cwd = mkdtempSync(join(tmpdir(), 'tandemmq-build-'))

/** A broker that is ready: what it has said, and how it is stopped. Rejects with what it said when it ends before. */
function broker(file, data) {
  let said = ''
  const tell = text => (said += text)
  const args = ['start', '-Dtandemmq.http=127.0.0.1:0', `-Dactivemq.data=${data}`, file]
  let stop
  return new Promise((resolve, reject) => {
    const ended = main({
      args,
      env: {},
      cwd,
      version: 'of the build',
      out: tell,
      err: tell,
      onStop: act => (stop = act),
      ready: () => resolve({ said, stop: () => (stop(), ended) }),
    })
    ended.then(() => reject(new Error(said)), reject)
  })
}

const from = 'fixtures/instance'
try {
  for (const name of readdirSync(from)) {
    const text = readFileSync(join(from, name), 'utf8').replaceAll('@PASSWORD@', 'of the build')
    writeFileSync(join(cwd, name), text.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:0'), { mode: 0o600 })
  }
  await (await broker('activemq.xml', 'active')).stop()
  const active = await broker('activemq.xml', 'active')
  const [, port] = /stomp:\/\/127\.0\.0\.1:(\d+)/.exec(active.said)
  const connector = `<services><activeConnector remoteURI="tcp://127.0.0.1:${port}" userName="admin" password="of the build"/></services>`
  const text = readFileSync(join(cwd, 'activemq.xml'), 'utf8').replace('<persistenceAdapter>', `${connector}$&`)
  writeFileSync(join(cwd, 'passive.xml'), text)
  const passive = await broker('passive.xml', 'passive')
  writeFileSync(`dist/bundle/${CACHE}`, script.createCachedData())
  await passive.stop()
  await active.stop()
} finally {
  rmSync(cwd, { recursive: true, force: true })
}
process.exit()
