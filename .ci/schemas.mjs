// Compiles what a start checks by the schemas, so that it needs neither ajv nor 0.3 s of compiling:
// broker.json to broker.validate.js, and the text types of activemq.json to types.validate.js.
// Run it after a change of either; a test notices when it was forgotten.
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'

const schemas = new URL('../schemas/', import.meta.url)
const read = name => JSON.parse(readFileSync(new URL(name, schemas), 'utf8'))
const compiler = options => new Ajv2020({ inlineRefs: false, ...options, code: { source: true, esm: true, optimize: 2 } })

/** The model's check. */
export function compile() {
  const ajv = compiler({ allErrors: true })
  return `// Made by .ci/schemas.mjs from broker.json.\n${standalone.default(ajv, ajv.compile(read('broker.json')))}`
}

/** One check for each `text.…` definition, exported by the name of the type. */
export function compileTypes() {
  const { $defs } = read('activemq.json')
  const ajv = compiler({ messages: false })
  const checks = {}
  for (const [name, schema] of Object.entries($defs)) {
    const [, type] = /^text\.(\w+)$/.exec(name) ?? []
    if (type === undefined) continue
    ajv.addSchema(schema, name)
    checks[type] = name
  }
  return `// Made by .ci/schemas.mjs from activemq.json.\n${standalone.default(ajv, checks)}`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(new URL('broker.validate.js', schemas), compile())
  writeFileSync(new URL('types.validate.js', schemas), compileTypes())
}
