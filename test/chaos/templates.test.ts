import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { formatFinding, loadConfig } from '../../src/config/config.ts'
import { decryptJasypt } from '../../src/security/security.ts'
import { nodeXml, type Introduction } from './templates.ts'

const introductions: readonly Introduction[] = [
  'masterConnectorURI',
  'masterConnector',
  'activeConnectorURI',
  'activeConnector',
]

for (const introduction of introductions) {
  test(`a passive introduced by ${introduction} is one to the broker, with and without credentials`, async t => {
    const directory = mkdtempSync(join(tmpdir(), 'tandemmq-template-'))
    t.teardown(() => rmSync(directory, { recursive: true, force: true }))
    const file = join(directory, 'activemq.xml')
    for (const secured of [false, true]) {
      writeFileSync(file, nodeXml({ brokerName: 'two', port: 61613, activePort: 61614, introduction, secured }))
      const properties = { 'activemq.data': join(directory, 'data') }
      const { config, findings } = await loadConfig(file, {
        properties,
        env: {},
        cwd: directory,
        decrypt: decryptJasypt,
      })
      t.truthy(config, findings.map(formatFinding).join('\n'))
      const connector = config?.pair.activeConnector
      t.truthy(connector)
      t.is(connector?.userName ?? null, secured && introduction.endsWith('Connector') ? 'root' : null)
    }
  })
}
