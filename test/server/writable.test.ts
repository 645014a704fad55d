import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { TandemError } from '../../src/base/errors.ts'
import { refuseReadOnly } from '../../src/server/writable.ts'
import { temporary } from '../temporary.ts'

const failing =
  (code: string, bad: string) =>
  async (path: string): Promise<void> => {
    if (path === bad) throw Object.assign(new Error(`${code}: access '${path}'`), { code })
  }

test('management D-12: a data directory in which no file can be made is refused with the way out, before anything goes down in the journal', async t => {
  const directory = temporary('read-only')
  const copy = join(directory, 'copy-0000000000000001')
  mkdirSync(copy)
  for (const place of [directory, copy]) {
    for (const [code, hint] of [
      ['EACCES', /belong to the user of this process/],
      ['EROFS', /mounted read-only.*dmesg/],
    ] as const) {
      const error = await t.throwsAsync<TandemError>(refuseReadOnly(directory, failing(code, place)), {
        code: 'JOURNAL_IO',
      })
      t.true(error?.message.startsWith(`the data directory ${place} cannot be written: ${code}`))
      t.regex(error?.hint ?? '', hint)
    }
  }
  await t.notThrowsAsync(refuseReadOnly(directory))
  await t.notThrowsAsync(refuseReadOnly(join(directory, 'not made yet')))
})
