import test from 'ava'
import { lsn } from '../../src/base/lsn.ts'
import { HeldAnswers } from '../../src/session/held.ts'
import { BlockPool, Output } from '../../src/session/output.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'

const text = (output: Output): string =>
  output
    .take()
    .map(({ block, end }) => block.toString('latin1', 0, end))
    .join('')

function hold(held: HeldAnswers, position: number, what: string, action: (() => void) | null = null): void {
  const at = held.reserve(what.length)
  held.buffer.write(what, at, 'latin1')
  held.hold(lsn(position), at + what.length, action)
}

test('S-RCP-02: answers leave in order, none before its position, and each action after the answers before it', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const held = new HeldAnswers()
  const output = new Output(new BlockPool())
  const waiting: { position: number; what: string }[] = []
  let position = 0
  let number = 0
  let released = ''
  for (let round = 0; round < 3000; round++) {
    for (let n = between(random, 0, 6); n > 0; n--) {
      position += between(random, 0, 3)
      const what = `<${++number}${'.'.repeat(between(random, 0, 40))}>`
      const act = random() < 0.3
      waiting.push({ position, what: act ? `${what}!` : what })
      hold(held, position, what, act ? () => output.bytes(Buffer.from('!')) : null)
    }
    const upTo = position - between(random, 0, 20)
    held.release(lsn(Math.max(0, upTo)), output)
    released += text(output)
    while (waiting.length > 0 && waiting[0]!.position <= Math.max(0, upTo)) {
      const { what } = waiting.shift()!
      if (!released.startsWith(what)) return t.fail(`round ${round}: ${what} expected, ${released.slice(0, 80)} came`)
      released = released.slice(what.length)
    }
    if (released !== '') return t.fail(`round ${round}: ${released} came too early`)
    if (held.empty !== (waiting.length === 0)) return t.fail(`round ${round}: empty is ${held.empty}`)
  }
  t.pass()
})

test('an action may hold further answers while answers are being released', t => {
  const held = new HeldAnswers()
  const output = new Output(new BlockPool())
  hold(held, 1, 'a', () => {
    hold(held, 1, 'b'.repeat(1000), () => hold(held, 5, 'later'))
  })
  hold(held, 2, 'c')
  held.release(lsn(2), output)
  t.is(text(output), `ac${'b'.repeat(1000)}`)
  t.false(held.empty)
  held.release(lsn(5), output)
  t.is(text(output), 'later')
  t.true(held.empty)
  t.is(held.size, 0)
})
