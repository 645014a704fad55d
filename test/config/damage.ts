import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getHeapStatistics } from 'node:v8'
import type { ExecutionContext } from 'ava'
import { formatFinding, type Environment, type Sources } from '../../src/config/config.ts'
import { environmentOf } from '../../src/config/environment.ts'
import { loadTools } from '../../src/config/load.ts'
import { readSource } from '../../src/config/pipeline.ts'
import { corpusBytes, corpusFiles } from './corpus-files.ts'
import { generator, mutate } from './mutate.ts'

/** Set MUTATION_SEED to the seed that a failure names, and the same files come back in the same order. */
const SEED = Number(process.env['MUTATION_SEED'] ?? 20261129)
const RUNS = Number(process.env['MUTATION_RUNS'] ?? 5000)
const LONGEST_MS = 1000
const HEAP_BYTES_MOST = 200 * 1024 * 1024

const fixtures = (): readonly Buffer[] =>
  readdirSync('fixtures', { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.xml'))
    .map(name => readFileSync(join('fixtures', name)))

const originals = (): readonly string[] => {
  const corpus = corpusFiles().map(({ file }) => corpusBytes(file))
  return (corpus.length === 0 ? fixtures() : corpus).map(bytes => bytes.toString('utf8'))
}

/** A disk that holds one file: whatever a mutation names beside it is not there. */
const diskWith = (file: string, bytes: Uint8Array): Sources => ({
  read: path => (path === file ? bytes : null),
  exists: path => path === file,
  list: () => null,
  diskSize: () => 1e12,
})

const FILE = '/conf/activemq.xml'

const around = (bytes: Uint8Array): Environment =>
  environmentOf({
    sources: diskWith(FILE, bytes),
    file: FILE,
    properties: {},
    env: {},
    cwd: '/',
    memoryBudget: 2 ** 30,
    decrypt: null,
    prove: null,
  })

/** Of two files the smaller: most of a large one is its comments. */
function smaller(texts: readonly string[], random: (below: number) => number): string {
  const [a = '', b = ''] = [texts[random(texts.length)], texts[random(texts.length)]]
  return a.length < b.length ? a : b
}

/** `npm run test:mutations` makes twice as many. */
export async function damage(t: ExecutionContext): Promise<void> {
  t.timeout(300_000)
  const tools = await loadTools()
  const texts = originals()
  const random = generator(SEED)
  let slowest = 0
  let heap = 0
  console.log(`mutations: seed ${SEED}, ${RUNS} runs over ${texts.length} files`)
  const began = performance.now()
  for (let run = 0; run < RUNS; run++) {
    const { kind, bytes } = mutate(smaller(texts, random), random)
    const which = `seed ${SEED}, run ${run}: ${kind}`
    const outer = around(bytes)
    const start = performance.now()
    const before = getHeapStatistics().used_heap_size
    try {
      const source = { kind: 'file', path: FILE, ignored: [] } as const
      const { model, config, findings } = readSource(source, tools, outer)
      let spent = performance.now() - start
      slowest = Math.max(slowest, spent)
      heap = Math.max(heap, getHeapStatistics().used_heap_size - before)
      const stopped = findings.some(({ severity }) => severity === 'error' || severity === 'refuse')
      // A busy machine takes time from a run; what is really slow is slow every time.
      for (let again = 0; again < 4 && spent > LONGEST_MS; again++) {
        const once = performance.now()
        readSource(source, tools, outer)
        spent = Math.min(spent, performance.now() - once)
      }
      if (spent > LONGEST_MS) t.fail(`${which}: ${Math.round(spent)} ms`)
      if ((config === null) !== stopped || (model === null && !stopped))
        t.fail(`${which}: neither a broker nor a reason`)
      for (const finding of findings) {
        const { line, column } = finding.at
        if (!(line >= 1 && column >= 1)) t.fail(`${which}: ${formatFinding(finding)}`)
        if (/\bundefined\b|\[object/.test(finding.message)) t.fail(`${which}: ${formatFinding(finding)}`)
      }
    } catch (thrown) {
      t.fail(`${which}: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`)
      break
    }
  }
  console.log(
    `mutations: ${Math.round(performance.now() - began)} ms, the slowest ${Math.round(slowest)} ms, at most ${Math.round(heap / 2 ** 20)} MB`,
  )
  t.true(heap < HEAP_BYTES_MOST, `${heap} bytes of heap for one file`)
}

/** Milliseconds to read this file, the best of five: a busy machine takes time from some. */
export async function timeOf(bytes: Uint8Array): Promise<number> {
  const tools = await loadTools()
  let best = Infinity
  for (let i = 0; i < 5 && best > LONGEST_MS / 4; i++) {
    const began = performance.now()
    readSource({ kind: 'file', path: FILE, ignored: [] }, tools, around(bytes))
    best = Math.min(best, performance.now() - began)
  }
  return best
}
