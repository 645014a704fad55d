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

test('a run of answers that are free leaves in one piece, and the next that is not stays whole', t => {
  const held = new HeldAnswers()
  const output = new Output(new BlockPool())
  for (let i = 1; i <= 3; i++) hold(held, i, `<${i}>`)
  hold(held, 3, '<3b>')
  hold(held, 4, '<4>')
  held.release(lsn(0), output)
  t.is(output.size, 0)
  held.release(lsn(3), output)
  t.is(text(output), '<1><2><3><3b>')
  t.is(held.size, '<4>'.length)
  held.release(lsn(3), output)
  t.is(output.size, 0)
  held.release(lsn(4), output)
  t.is(text(output), '<4>')
})

test('an action without bytes runs at its place in the order', t => {
  const held = new HeldAnswers()
  const output = new Output(new BlockPool())
  const ran: string[] = []
  hold(held, 1, 'a')
  hold(held, 1, '', () => ran.push(text(output)))
  hold(held, 1, 'b')
  hold(held, 2, '', () => ran.push(text(output)))
  held.release(lsn(1), output)
  t.deepEqual(ran, ['a'])
  held.release(lsn(2), output)
  t.deepEqual(ran, ['a', 'b'])
})

test('thousands of answers may wait while others leave: none is lost or changed when room is made', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const held = new HeldAnswers()
  const output = new Output(new BlockPool())
  const expected: string[] = []
  let released = 0
  let out = ''
  const last = 12_000
  for (let position = 1; position <= last; position++) {
    const what = `<${position}${'x'.repeat(between(random, 0, 60))}>`
    expected.push(what)
    hold(held, position, what, random() < 0.1 ? () => {} : null)
    // More comes than leaves, so that thousands wait; now and then most of them leave.
    if (random() < 0.002) released = between(random, released, position)
    else if (random() < 0.3 && released < position) released++
    held.release(lsn(released), output)
    out += text(output)
  }
  held.release(lsn(last), output)
  out += text(output)
  t.true(out === expected.join(''))
  t.true(held.empty)
  t.true(held.buffer.length <= 65536, 'what grew for the flood is given back')
})
