import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { Findings } from '../../src/base/findings.ts'
import { buildBroker } from '../../src/config/build.ts'
import { readConfig, type ObjectNode, type Reading } from '../../src/config/config.ts'
import { elements, readSchema, transports } from '../vocabulary/words.ts'
import { loadTools } from '../../src/config/load.ts'
import { BEHAVIOURS, OTHERS } from './honour-fields.ts'
import { BARE, FRAMES, ROWS, WALKED, type Row, type Trial } from './honour-words.ts'
import { beans, directoryWith, STOMP } from './loading.ts'

/** Every word in force: `element@attribute`, without those that are another spelling. */
const honoured = elements.flatMap(([element, { attributes }]) =>
  Object.entries(attributes).flatMap(([word, { verdict, alias }]) =>
    verdict === 'HONOUR' ? [{ element, word, alias: alias ?? null }] : [],
  ),
)

const read = ({ attributes, content }: Trial, root: string): Promise<Reading> => {
  const xml = `<${root} xmlns="http://activemq.apache.org/schema/core" ${attributes}>${content}</${root}>`
  const directory = directoryWith({ 'activemq.xml': beans(xml) })
  return readConfig(join(directory, 'activemq.xml'), { properties: {}, env: {}, cwd: '/' })
}

/** The trial in which a word is written with a value, or not at all. */
function trial({ element, word, beside }: Row, value: string | null): Trial {
  const frame = FRAMES[element]
  if (frame === undefined) throw new Error(`no frame for <${element}>`)
  if (value === null) return frame(beside, '')
  return value.startsWith('<')
    ? frame(beside, `<${word}>${value}</${word}>`)
    : frame(`${beside} ${word}="${value}"`, '')
}

function pointed(value: unknown, pointer: string): unknown {
  let inner = value
  for (const key of pointer.split('/').slice(1))
    inner = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined
  return inner
}

/** A map that tells which of its keys were asked for. */
class Watched<V> extends Map<string, V> {
  readonly #note: (key: string) => void

  constructor(entries: Iterable<readonly [string, V]>, note: (key: string) => void) {
    super(entries)
    this.#note = note
  }

  override get(key: string): V | undefined {
    this.#note(key)
    return super.get(key)
  }

  override has(key: string): boolean {
    this.#note(key)
    return super.has(key)
  }
}

/** The same object, and all below it, noting `element@word` for each word that somebody reads. */
function watch(node: ObjectNode, seen: Set<string>): ObjectNode {
  const note = (key: string): void => void seen.add(`${node.name}@${key}`)
  const slots = [...node.slots].map(
    ([slot, items]) =>
      [
        slot,
        items.map(item => (item.kind === 'object' ? { ...item, object: watch(item.object, seen) } : item)),
      ] as const,
  )
  return {
    ...node,
    values: new Watched(node.values, note),
    failed: new Watched(node.failed, note),
    slots: new Watched(slots, note),
  }
}

const { xml2js } = await loadTools()

/** What the builders of the model read of a configuration. */
function wordsRead({ broker, outer }: Reading): ReadonlySet<string> {
  const seen = new Set<string>()
  if (broker === null) return seen
  buildBroker(watch(broker, seen), {
    outer,
    findings: new Findings(),
    places: new Map(),
    transports,
    xml2js,
    jetty: () => null,
  })
  return seen
}

const rowsOf = (element: string, word: string): readonly Row[] =>
  ROWS.filter(row => row.element === element && row.word === word)

test('every word that is HONOUR has its trial, and every trial a word that is HONOUR', t => {
  const wanted = honoured.filter(({ element, alias }) => alias === null && element !== 'brokerService')
  for (const { element, word } of wanted) t.is(rowsOf(element, word).length, 1, `${element}@${word}`)
  for (const { element, word } of ROWS)
    t.true(
      wanted.some(one => one.element === element && one.word === word),
      `${element}@${word} is not HONOUR`,
    )
})

/** Loads both trials of a row and compares them where it says. */
async function compare(row: Row, root: string): Promise<{ readonly on: Reading; readonly differs: boolean }> {
  const [on, off] = [await read(trial(row, row.on), root), await read(trial(row, row.off), root)]
  const [here, there] = [pointed(on.model, row.at), pointed(off.model, row.at)]
  return { on, differs: here !== undefined && JSON.stringify(here) !== JSON.stringify(there) }
}

for (const row of ROWS) {
  const { element, word, at } = row
  const others = honoured.filter(one => one.element === element && one.alias === word)
  test(`${element}@${word} is read, and changes ${at} of the model${others.length > 0 ? ', under each of its names' : ''}`, async t => {
    for (const name of [word, ...others.map(one => one.word)]) {
      const { on, differs } = await compare({ ...row, word: name }, 'broker')
      const mistakes = on.findings.filter(({ severity }) => severity === 'error')
      t.deepEqual(
        mistakes.map(({ message }) => message),
        [],
        name,
      )
      t.true(differs, `${name}: ${JSON.stringify(pointed(on.model, at))} with and without`)
      t.true(wordsRead(on).has(`${element}@${word}`), `${name}: no builder reads it`)
    }
  })
}

test('an element in force has a word in force, or changes the model by standing where it does', async t => {
  const nothing = await read({ attributes: '', content: STOMP }, 'broker')
  for (const [name, { verdict, alias }] of elements) {
    if (verdict !== 'HONOUR' || alias !== undefined || WALKED.has(name)) continue
    if (honoured.some(({ element }) => element === name)) continue
    const bare = BARE[name]
    t.truthy(bare, `<${name}> is HONOUR`)
    if (bare === undefined) continue
    const here = pointed((await read(bare.trial, 'broker')).model, bare.at)
    t.notDeepEqual(here, pointed(nothing.model, bare.at), name)
    t.not(here, undefined, name)
  }
})

test('<brokerService> is <broker> under another name: whatever is HONOUR on it works alike', async t => {
  const own = honoured.filter(({ element }) => element === 'brokerService')
  t.true(own.length > 20)
  for (const { word, alias } of own) {
    const [row] = rowsOf('broker', alias ?? word)
    t.truthy(row, word)
    if (row === undefined) continue
    const { differs, on } = await compare({ ...row, word }, 'brokerService')
    t.true(differs, `brokerService@${word}: ${on.findings.map(({ message }) => message).join('; ')}`)
  }
})

/** A value of each field of a connector that differs from what it is by default. */
const OPTION_VALUES: Readonly<Record<string, string>> = {
  allowLinkStealing: 'true',
  backlog: '7',
  connectAttemptTimeout: '7',
  enabledCipherSuites: 'TLS_AES_256_GCM_SHA384',
  enabledProtocols: 'TLSv1.3',
  socketKeepAlive: 'true',
  maximumConnections: '7',
  needClientAuth: 'true',
  wantClientAuth: 'true',
  protocolDetectionTimeout: '7',
  tcpNoDelay: 'false',
  trace: 'true',
  defaultHeartBeat: '7,7',
  heartBeatGrace: '2',
  maxFrameSize: '7777',
  maxDataLength: '7777',
  useKeepAlive: 'false',
  protocols: 'openwire',
}

const connectors = async (uri: string): Promise<Reading> =>
  read(
    { attributes: '', content: `<transportConnectors><transportConnector uri="${uri}"/></transportConnectors>` },
    'broker',
  )

for (const [name, { verdict, field = '' }] of Object.entries(transports.options))
  if (verdict === 'HONOUR')
    test(`the option ${name} changes ${field} of its connector`, async t => {
      const uri = 'auto+ssl://127.0.0.1:61614'
      const [on, off] = [await connectors(`${uri}?${name}=${OPTION_VALUES[field] ?? ''}`), await connectors(uri)]
      // A list of protocols without stomp opens nothing at all.
      const at = field === 'protocols' ? '/connectors/0' : `/connectors/0/${field}`
      t.notDeepEqual(pointed(on.model, at), pointed(off.model, at))
      t.not(pointed(off.model, at), undefined)
    })

const general = (pointer: string): string => pointer.replace(/\/\d+(?=\/|$)/g, '/*')

/** The fields that words and options in force set. */
const reached = new Set([
  ...ROWS.map(({ at }) => general(at)),
  ...Object.values(BARE).map(({ at }) => general(at)),
  ...Object.values(transports.options).flatMap(({ verdict, field }) =>
    verdict !== 'HONOUR' || field === undefined
      ? []
      : [field === 'protocols' ? '/connectors/*' : `/connectors/*/${field}`],
  ),
])

test('each field that a word sets is seen by a test of what the broker does, which is there', t => {
  t.deepEqual(
    [...reached].filter(pointer => BEHAVIOURS[pointer] === undefined),
    [],
  )
  t.deepEqual(
    Object.keys(BEHAVIOURS).filter(pointer => !reached.has(pointer)),
    [],
    'no word sets these',
  )
  for (const [pointer, [file, title]] of Object.entries(BEHAVIOURS)) {
    const source = readFileSync(`test/${file}`, 'utf8')
    const quoted = ["'", '"', '`'].map(quote => source.indexOf(`${quote}${title}${quote},`)).find(at => at >= 0)
    const written = quoted !== undefined && /^[^\n]*,\s*(?:async )?t =>/.test(source.slice(quoted))
    t.true(written, `${pointer}: test/${file} has no test of exactly this title: ${title}`)
  }
})

interface Schema {
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema | boolean
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly $defs?: Readonly<Record<string, Schema>>
}

/** The leaves of the model's schema as pointers, `*` for an index; places in the file left out. */
function* leaves(schema: Schema, pointer: string, defs: Readonly<Record<string, Schema>>): Generator<string> {
  const target = schema.$ref === undefined ? schema : { ...defs[schema.$ref.replace(/^.*\//, '')], ...schema }
  const { properties = {}, items, anyOf = [], oneOf = [] } = target
  const inner = [
    ...Object.entries(properties).map(([name, one]) => [`${pointer}/${name}`, one] as const),
    ...(typeof items === 'object' ? [[`${pointer}/*`, items] as const] : []),
    ...[...anyOf, ...oneOf].map(one => [pointer, one] as const),
  ]
  if (
    inner.every(([at]) => at === pointer) ||
    (typeof items === 'object' && items.properties === undefined && items.$ref === undefined)
  )
    yield pointer
  for (const [at, one] of inner) if (!at.endsWith('/at') && !at.startsWith('/at')) yield* leaves(one, at, defs)
}

test('every field of the model is set by a word in force and seen by a test, or it is known why not', t => {
  const schema = readSchema('broker.json') as Schema
  const fields = new Set(leaves(schema, '', schema.$defs ?? {}))
  t.true(fields.size > 80, `${fields.size} fields`)
  const covers = (known: readonly string[], pointer: string): boolean =>
    known.some(one => pointer === one || pointer.startsWith(`${one}/`) || one.startsWith(`${pointer}/`))
  const known = [...Object.keys(BEHAVIOURS).filter(one => one !== '/connectors/*'), ...Object.keys(OTHERS)]
  for (const pointer of fields) if (pointer !== '') t.true(covers(known, pointer), `nothing is known of ${pointer}`)
  for (const pointer of Object.keys(OTHERS)) t.true(covers([...fields], pointer), `${pointer} is no field any more`)
})
