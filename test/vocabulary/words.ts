import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { readTransports, Vocabulary } from '../../src/vocabulary/vocabulary.ts'
import type { ElementWord, TransportData, TransportSchema, VocabularySchema } from '../../src/vocabulary/vocabulary.ts'

/** The schemas as they are in the package. */
export const readSchema = (name: string): unknown => JSON.parse(readFileSync(resolve('schemas', name), 'utf8'))

export const vocabulary: Vocabulary = new Vocabulary(readSchema('activemq.json') as VocabularySchema)
export const transports: TransportData = readTransports(readSchema('transports.json') as TransportSchema)

/** Every element by name, aliases included. */
export const elements: readonly (readonly [string, ElementWord])[] = vocabulary.elementNames.flatMap(name => {
  const word = vocabulary.word(name)
  return word === null ? [] : [[name, word] as const]
})
