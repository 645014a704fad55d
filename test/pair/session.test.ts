import test from 'ava'
import { lsn } from '../../src/base/lsn.ts'
import type { Hello } from '../../src/pair/pair.ts'
import type { PairNode } from '../../src/pair/node.ts'
import { Session } from '../../src/pair/session.ts'

const WINDOW = 8

/** An active with a passive that has everything up to 100, for which clients wait; `ack`: it says so much is received, and durable. */
function gated(): { node: { now: number; end: number }; session: Session; ack: (recv: number, dur: number) => void } {
  const node = {
    now: 0,
    end: 100,
    kept: 0,
    epochNumber: 1,
    settings: { windowBytes: WINDOW, ackTimeoutMs: 50, beatMs: 10 },
    timers: { set: () => {} },
    random: () => 's',
    emit: () => {},
    retain: () => {},
  }
  const hello = { identity: {}, incarnation: 'i' } as Hello
  const session = new Session(node as unknown as PairNode, 1, hello)
  const ack = (recv: number, dur: number): void => {
    const said = { type: 'ack', session: 's', epoch: 1, recv: lsn(recv), dur: lsn(dur), beat: 0, stall: 0 } as const
    session.heardAt = node.now
    const wrong = session.acknowledged(said)
    if (wrong !== null) throw new Error(wrong)
  }
  session.stream(lsn(100))
  ack(100, 100)
  return { node, session, ack }
}

test('D3: a record larger than the window may take longer than ackTimeout, while each window of it comes in time', t => {
  const { node, session, ack } = gated()
  node.end = 196
  session.ship()
  for (let recv = 108; recv <= node.end; recv += WINDOW) {
    node.now += 40
    ack(recv, 100)
    t.is(session.lateness(true), null, `${recv} at ${node.now}`)
  }
  node.now += 49
  session.heardAt = node.now
  t.is(session.lateness(true), null)
  node.now += 1
  t.regex(session.lateness(true) ?? '', /is not on its disk/, 'all of it has come, and the disk has had its time')
})

test('D3: what comes in drops, or is small and not on its disk, is no step forward', t => {
  const slow = gated()
  slow.node.end = 200
  slow.session.ship()
  for (let n = 1; n <= 5; n++) {
    slow.node.now += 10
    slow.ack(100 + n, 100)
  }
  t.regex(slow.session.lateness(true) ?? '', /is not on its disk/)
  const small = gated()
  small.node.end = 200
  small.session.ship()
  // The disk keeps up with what comes, which is too little.
  for (let n = 1; n <= 5; n++) {
    small.node.now += 10
    small.ack(100 + n * WINDOW, 100 + n * WINDOW - 2)
  }
  t.regex(small.session.lateness(true) ?? '', /is not on its disk/)
})
