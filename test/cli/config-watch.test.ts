import test from 'ava'
import type { Log } from '../../src/base/log.ts'
import { ConfigWatch } from '../../src/cli/config-watch.ts'
import { VirtualClock } from '../journal/virtual-clock.ts'

/** A watch every second of a file that was read at 1000; `set` says when it is changed, or that it is gone. */
async function watching(at: number | null = 500) {
  const clock = new VirtualClock()
  const lines: string[] = []
  const line = (text: string): void => void lines.push(text)
  const log: Log = { debug: line, info: line, warn: line, error: line }
  let modified = at
  let read = 0
  const watch = new ConfigWatch({
    file: 'activemq.xml',
    periodMs: 1000,
    readAt: 1000,
    clock,
    log,
    changed: async () => void read++,
    modifiedAt: () => (modified === null ? Promise.reject(new Error('it is gone')) : Promise.resolve(modified)),
  })
  await watch.start()
  return {
    watch,
    clock,
    lines,
    set: (to: number | null) => (modified = to),
    read: () => read,
    /** A period passes, and what it began is done: then the next one waits. */
    async period(): Promise<void> {
      clock.advance(1000)
      while (clock.waiting === 0) await Promise.resolve()
    },
  }
}

test('RC-01: the file is read when its modification time has grown, once for each change, and no earlier than at the next look', async t => {
  const { clock, set, read, period, lines } = await watching()
  await period()
  t.is(read(), 0, 'as it was')
  set(2000)
  clock.advance(999)
  t.is(read(), 0)
  clock.advance(1)
  while (clock.waiting === 0) await Promise.resolve()
  t.is(read(), 1)
  await period()
  await period()
  t.is(read(), 1, 'whatever came of it')
  set(1500)
  await period()
  t.is(read(), 1, 'an older file is none that has changed')
  set(2000.5)
  await period()
  t.is(read(), 2)
  t.is(lines.filter(line => line === 'activemq.xml has changed').length, 2)
})

test('RC-01: what was changed while the broker started is noticed; what a SIGHUP has read is not read again', async t => {
  const { watch, set, read, period } = await watching(1001)
  await period()
  t.is(read(), 1)
  set(3000)
  await watch.reading()
  await period()
  t.is(read(), 1)
})

test('RC-01: a file that is away for a while is told of once, and read when it is back and has changed', async t => {
  const { set, read, period, lines } = await watching()
  set(null)
  await period()
  await period()
  t.is(lines.filter(line => /cannot be seen: it is gone/.test(line)).length, 1)
  t.is(read(), 0)
  set(4000)
  await period()
  t.is(read(), 1)
})

test('RC-01: after a stop nobody looks, also when a look was under way', async t => {
  const { watch, clock, set, read } = await watching()
  set(5000)
  clock.advance(1000)
  watch.stop()
  await new Promise(resolve => setImmediate(resolve))
  t.is(clock.waiting, 0)
  t.is(read(), 0)
})
