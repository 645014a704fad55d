import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { decryptJasypt } from '../../src/security/security.ts'
import { readConfig, type LoadOptions, type Reading } from '../../src/config/config.ts'
import { temporary } from '../temporary.ts'

/** Real configuration files, kept beside the project; without them the tests over them are skipped. */
const CORPUS = resolve('../shared/corpus')
export const corpusIsHere: boolean = existsSync(join(CORPUS, 'CORPUS.tsv'))

export interface CorpusFile {
  readonly file: string
  /** `broker`, `invalid`, `no-broker`; null for a file that the table does not list. */
  readonly expected: string | null
  readonly notes: string
  readonly companions: readonly string[]
}

export const corpusFiles = (): readonly CorpusFile[] => {
  if (!corpusIsHere) return []
  const [, ...lines] = readFileSync(join(CORPUS, 'CORPUS.tsv'), 'utf8').trim().split('\n')
  const rows = lines.map(line => {
    const [file = '', , , , expected = '', , notes = '-', companions = '-'] = line.split('\t')
    return { file, expected, notes, companions: companions === '-' ? [] : companions.split(',') }
  })
  const listed = new Set(rows.map(({ file }) => file))
  const others = readdirSync(CORPUS)
    .filter(name => /\.(?:xml|j2|erb)$/.test(name) && !listed.has(name))
    .map(file => ({ file, expected: null, notes: '-', companions: [] }))
  return [...rows, ...others]
}

export const corpusText = (file: string): string => readFileSync(join(CORPUS, file), 'utf8')
export const corpusBytes = (file: string): Buffer => readFileSync(join(CORPUS, file))

/** Copies the file and what stood beside it into a conf directory of its own, as an administrator would find it. */
export function install({ file, companions }: CorpusFile): string {
  const conf = join(temporary('corpus'), 'conf')
  mkdirSync(conf)
  cpSync(join(CORPUS, file), join(conf, 'activemq.xml'))
  for (const companion of companions)
    cpSync(join(CORPUS, companion), join(conf, companion.split('/').slice(2).join('/')))
  return join(conf, 'activemq.xml')
}

export const read = (path: string, options: Partial<LoadOptions> = {}): Promise<Reading> =>
  readConfig(path, { properties: {}, env: {}, cwd: dirname(path), decrypt: decryptJasypt, ...options })
