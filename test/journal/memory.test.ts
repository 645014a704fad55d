import test from 'ava'
import { MemoryFiles } from '../../src/journal/journal.ts'
import { between, freshSeed, randomFrom } from './random.ts'

test('a file in memory reads like a file on disk, whatever is written, cut and written again', async t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const file = await new MemoryFiles().open('/d/f')
  let model = Buffer.alloc(0)
  for (let i = 0; i < 150; i++) {
    const position = between(random, 0, 900_000)
    if (random() < 0.2) {
      const size = Math.min(model.length, position)
      await file.truncate(size)
      model = Buffer.from(model.subarray(0, size))
    } else {
      const bytes = Buffer.alloc(between(random, 1, 400_000), i)
      await file.write(bytes, 0, bytes.length, position)
      const next = Buffer.alloc(Math.max(model.length, position + bytes.length))
      model.copy(next)
      bytes.copy(next, position)
      model = next
    }
    t.is(await file.size(), model.length)
    const from = between(random, 0, 1_000_000)
    const block = Buffer.alloc(300_000)
    const got = await file.read(block, 0, block.length, from)
    t.true(block.subarray(0, got).equals(model.subarray(from, from + block.length)), `seed ${seed}`)
  }
})

test('names in memory: listed by directory, renamed, removed', async t => {
  const files = new MemoryFiles()
  for (const path of ['/d/a', '/d/b', '/d/sub/c', '/e/f']) await files.open(path)
  t.deepEqual((await files.list('/d')).sort(), ['a', 'b', 'sub'])
  await files.rename('/d/a', '/e/a')
  await files.remove('/d/b')
  t.deepEqual(await files.list('/d'), ['sub'])
  t.deepEqual((await files.list('/e')).sort(), ['a', 'f'])
  await t.throwsAsync(files.remove('/d/b'))
})
