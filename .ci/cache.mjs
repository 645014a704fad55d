// Writes what V8 has compiled of `start` when a broker is ready, for all starts after this one: bundle.mjs runs it, with no
// flags. What no start calls is not in it, so one is made here: on ports that the system chooses, in a directory that goes.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CACHE, CODE, compile, run } from '../bin/start.js'

const CONFIGURATION = `<beans><broker xmlns="http://activemq.apache.org/schema/core" brokerName="build">
  <persistenceAdapter><kahaDB directory="\${activemq.data}/kahadb"/></persistenceAdapter>
  <transportConnectors><transportConnector name="stomp" uri="stomp://127.0.0.1:0"/></transportConnectors>
</broker></beans>
`

const script = compile(readFileSync(`dist/bundle/${CODE}`), null)
const cwd = mkdtempSync(join(tmpdir(), 'tandemmq-build-'))
try {
  writeFileSync(join(cwd, 'activemq.xml'), CONFIGURATION)
  let stop
  let said = ''
  process.exitCode = await run(script).main({
    args: ['start', '-Dtandemmq.http=127.0.0.1:0', '-Dactivemq.data=data', 'activemq.xml'],
    env: {},
    cwd,
    version: 'of the build',
    out: text => (said += text),
    err: text => (said += text),
    onStop: act => (stop = act),
    ready: () => {
      writeFileSync(`dist/bundle/${CACHE}`, script.createCachedData())
      stop()
    },
  })
  if (process.exitCode !== 0) console.error(said)
} finally {
  rmSync(cwd, { recursive: true, force: true })
}
process.exit()
