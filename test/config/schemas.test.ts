import { readFileSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import test from 'ava'
import { CODES } from '../../src/base/codes.ts'

test('every CONFIG_ code of the catalogue is reported somewhere in this room', t => {
  const sources = readdirSync('src/config')
    .map(name => readFileSync(resolve('src/config', name), 'utf8'))
    .join('')
  for (const code of Object.keys(CODES).filter(name => name.startsWith('CONFIG_')))
    t.true(sources.includes(`'${code}'`), code)
})
