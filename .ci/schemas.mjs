// Compiles schemas/broker.json to schemas/broker.validate.js, so that a start needs neither ajv nor 0.3 s of compiling.
// Run it after a change of broker.json; a test notices when it was forgotten.
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'

const schemas = new URL('../schemas/', import.meta.url)

export function compile() {
  const schema = JSON.parse(readFileSync(new URL('broker.json', schemas), 'utf8'))
  const ajv = new Ajv2020({ allErrors: true, inlineRefs: false, code: { source: true, esm: true, optimize: 2 } })
  return `// Made by .ci/schemas.mjs from broker.json.\n${standalone.default(ajv, ajv.compile(schema))}`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(new URL('broker.validate.js', schemas), compile())
