import test from 'ava'
import { started } from '../contract/consuming.ts'
import { MANY } from './many.ts'

for (const { id, title, size, run } of MANY) {
  test(`bench ${id}, with few instead of: ${title(size)}`, async t => {
    t.regex(title(7), /\b7 /, 'with --scale it says how many')
    const world = await started(t)
    t.true((await run(world.port(), 7)) > 0)
    t.is(world.lines.filter(line => line.startsWith('ERROR')).length, 0)
  })
}
