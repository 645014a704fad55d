import test from 'ava'
import { BlockPool, Output, type Filled } from '../../src/session/session.ts'
import { writeDecimal } from '../../src/session/output.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'

const BLOCK = 64 * 1024

const textOf = (filled: readonly Filled[]): string =>
  filled.map(({ block, end }) => block.toString('latin1', 0, end)).join('')

test('an output gives what was written, in order, whatever the sizes and however often it is taken', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const output = new Output(new BlockPool())
  const onTheirWay: Filled[][] = []
  let expected = ''
  let number = 0
  for (let round = 0; round < 1500; round++) {
    const length = random() < 0.02 ? between(random, 0, 3 * BLOCK) : between(random, 0, 3000)
    const letter = String.fromCharCode(97 + (number++ % 26))
    const piece = Buffer.alloc(length + 2, letter)
    if (random() < 0.5) {
      output.bytes(piece, 1, length + 1)
    } else {
      output.reserve(length)
      piece.copy(output.block, output.at, 0, length)
      output.at += length
    }
    expected += letter.repeat(length)
    if (output.size !== expected.length) return t.fail(`size is ${output.size}, ${expected.length} bytes were written`)
    if (random() < 0.1) {
      const taken = output.take()
      if (textOf(taken) !== expected) return t.fail(`round ${round}: other bytes came out`)
      expected = ''
      if (output.size !== 0) return t.fail('something stayed behind')
      onTheirWay.push(taken)
    }
    // Blocks come back in any order, and are then written to again.
    if (onTheirWay.length > 0 && random() < 0.08)
      output.recycle(onTheirWay.splice(between(random, 0, onTheirWay.length), 1)[0]!)
  }
  t.true(textOf(output.take()) === expected)
})

test('a block that is on its way to the socket is not written to before it comes back', t => {
  const pool = new BlockPool()
  const [first, second] = [new Output(pool), new Output(pool)]
  first.bytes(Buffer.from('first'))
  const taken = first.take()
  first.bytes(Buffer.from('FIRST again'))
  second.bytes(Buffer.from('second'))
  t.is(textOf(taken), 'first')
  first.recycle(taken)
  const later = new Output(pool)
  later.bytes(Buffer.from('x'))
  t.is(later.block, taken[0]!.block)
})

test('an output that was taken holds no block, and an empty one that was reserved goes back to the pool', t => {
  const pool = new BlockPool()
  const output = new Output(pool)
  output.reserve(10)
  const { block } = output
  t.deepEqual(output.take(), [])
  t.is(output.block.length, 0)
  t.is(pool.take(1, true), block)
})

test('what is larger than a block gets one of its own, in one piece, which the pool does not keep', t => {
  const pool = new BlockPool()
  const output = new Output(pool)
  output.bytes(Buffer.from('small'))
  output.reserve(BLOCK + 1)
  t.true(output.block.length - output.at > BLOCK)
  output.block.fill(120, output.at, output.at + BLOCK + 1)
  output.at += BLOCK + 1
  const taken = output.take()
  t.deepEqual(
    taken.map(({ end }) => end),
    [5, BLOCK + 1],
  )
  output.recycle(taken)
  t.is(pool.take(1, true), taken[0]!.block)
  t.is(pool.take().length, BLOCK)
})

test('a little for each of thousands of outputs at once takes little: 2 KiB each, and who has more goes on with blocks', t => {
  const pool = new BlockPool()
  const outputs = Array.from({ length: 3000 }, () => new Output(pool))
  for (const output of outputs) output.bytes(Buffer.alloc(300))
  t.is(
    outputs.reduce((sum, { block }) => sum + block.length, 0),
    3000 * 2048,
  )
  outputs[0]!.bytes(Buffer.alloc(1900))
  t.is(outputs[0]!.block.length, BLOCK)
})

test('the pool keeps 4 MiB and no more', t => {
  const pool = new BlockPool()
  const blocks = Array.from({ length: 80 }, () => pool.take())
  for (const block of blocks) pool.give(block)
  const known = new Set(blocks)
  let kept = 0
  while (known.has(pool.take())) kept++
  t.is(kept, 64)
})

test('a number is written as String() writes it', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const numbers = [
    0,
    1,
    9,
    10,
    99,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 32 + 1,
    2 ** 53 - 1,
    Number.MAX_SAFE_INTEGER - 1,
  ]
  for (let power = 1; power < 1e16; power *= 10) numbers.push(power - 1, power)
  for (let i = 0; i < 5000; i++) numbers.push(Math.floor(random() * 2 ** between(random, 1, 54)))
  for (const number of numbers.filter(Number.isSafeInteger)) {
    const block = Buffer.alloc(24, '#')
    const end = writeDecimal(block, 3, number)
    t.is(block.toString('latin1', 0, end + 1), `###${number}#`)
  }
})
