import test from 'ava'
import { lsn } from '../../src/base/lsn.ts'
import { silentLog } from '../../src/base/log.ts'
import type { PairEvent, PairLink } from '../../src/pair/pair.ts'
import { Links } from '../../src/twin/links.ts'
import type { NodePort } from '../../src/twin/node-port.ts'

const MIB = 1 << 20

test('I20: what a slow disk has not taken waits with the active, not in the memory of the passive', async t => {
  const link = { remote: 'tcp://a:1', paused: false, pause: () => {}, resume: () => {} }
  link.pause = () => void (link.paused = true)
  link.resume = () => void (link.paused = false)
  const journal = {
    end: 0,
    retainedFrom: 0,
    committed: 0,
    receive: (_: Buffer, from: number, to: number) => void (journal.end += to - from),
  }
  const events: PairEvent[] = []
  const links: Links = new Links({ journal } as unknown as NodePort, silentLog, event => {
    events.push(event)
    if (event.type === 'frame') links.take(event.link)
  })
  const told = links.attached(link as unknown as PairLink)
  await Promise.resolve()
  const block = Buffer.alloc(MIB)
  const frame = { type: 'data', session: 's', epoch: 1, lsn: 0, bytes: MIB, commit: 0 } as never
  let frames = 0
  for (; !link.paused && frames < 100; frames++) told.frame(frame, block, 0, MIB)
  t.true(frames < 40, `${frames} MiB in memory`)
  links.durable(lsn(4 * MIB))
  t.true(link.paused)
  links.durable(lsn(journal.end))
  t.false(link.paused)
})
