import { join } from 'node:path'
import test from 'ava'
import { Findings } from '../../src/base/findings.ts'
import { buildBroker } from '../../src/config/build.ts'
import { readConfig, type ObjectNode, type Reading } from '../../src/config/config.ts'
import { elements, transports } from '../vocabulary/words.ts'
import { FRAMES, ROWS, type Row, type Trial } from './honour-words.ts'
import { beans, directoryWith } from './loading.ts'

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

/** What the builders of the model read of a configuration. */
function wordsRead({ broker, outer }: Reading): ReadonlySet<string> {
  const seen = new Set<string>()
  if (broker === null) return seen
  buildBroker(watch(broker, seen), { outer, findings: new Findings(), places: new Map(), transports })
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
