import { readFileSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import test from 'ava'
import { CODES } from '../../src/base/codes.ts'

test('every CONFIG_ code of the catalogue is reported somewhere in this room, or in the readers below it', t => {
  const sources = ['src/config', 'src/document', 'src/xml']
    .flatMap(room => readdirSync(room).map(name => readFileSync(resolve(room, name), 'utf8')))
    .join('')
  for (const code of Object.keys(CODES).filter(name => name.startsWith('CONFIG_')))
    t.true(sources.includes(`'${code}'`), code)
})
