/**
 * A broker in a process of its own is killed with SIGKILL while clients send, acknowledge and commit, and started again
 * on what it left, over and over; then everything is drained and the whole history is judged.
 *
 * What this does not test is fsync: after SIGKILL the kernel still has every byte that was written, synced or not. That
 * nothing is acknowledged before it is synced is shown by disk-faults.test.ts, whose disk forgets what was not synced.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { between, randomFrom } from '../journal/random.ts'
import type { Program, Site } from './broker-process.ts'
import { Chronicle, Consumer, Drain, Producer } from './clients.ts'
import { checkHistory } from './history.ts'

/** By how it is consumed. Transactions send to `client` and `individual`. */
const QUEUES = ['auto', 'client', 'individual', 'transacted']
const TRANSACTED = ['client', 'individual']
const SOLE = new Set(['auto', 'client', 'transacted'])

export interface Toll {
  readonly kills: number
  readonly events: number
  readonly messages: number
  readonly receipts: number
  readonly commits: number
  readonly drained: number
  readonly faults: readonly string[]
}

/** Small segments, so that a few seconds fill, empty and remove many of them. */
export const KILL_XML = {
  body: `<persistenceAdapter><kahaDB directory="\${activemq.data}/test/KahaDB" journalMaxFileLength="256kb"
    checkpointInterval="40" cleanupInterval="40"/></persistenceAdapter>`,
}

/** Kills up to `killsMax` times, until `enough` says so. */
export async function killAndJudge(
  site: Site,
  seed: number,
  killsMax: number,
  enough: (kills: number) => boolean,
): Promise<Toll> {
  const chronicle = new Chronicle(randomFrom(seed))
  let killed = 0
  for (; killed < killsMax && !enough(killed); killed++) await oneLife(site, chronicle)
  let drained = 0
  for (const queue of QUEUES) drained += await drain(site, chronicle, [queue])
  // Killed once more: whatever comes now was acknowledged before, with a receipt.
  const left = await drain(site, chronicle, QUEUES)
  const faults = [...chronicle.errors, ...checkHistory(chronicle.events, { soleConsumer: SOLE })]
  if (left > 0) faults.push(`${left} messages came back behind the drain`)
  const count = (type: string): number => chronicle.events.filter(event => event.type === type).length
  const { length: events } = chronicle.events
  const receipts = count('receipted') + count('ack-receipted')
  return { kills: killed, events, messages: count('sent'), receipts, commits: count('committed'), drained, faults }
}

async function oneLife(site: Site, chronicle: Chronicle): Promise<void> {
  const { random } = chronicle
  const broker = site.start()
  if (chronicle.chance(0.1)) {
    // Dies while it starts: in recovery, or before, or just behind.
    await delay(between(random, 50, 600))
    return broker.kill()
  }
  const port = await broker.port()
  const clients = [
    ...['p1', 'p2', 'p3'].map(producer => new Producer(port, chronicle, producer, QUEUES, TRANSACTED)),
    new Consumer(port, chronicle, 'auto', 'auto'),
    new Consumer(port, chronicle, 'client', 'client'),
    new Consumer(port, chronicle, 'individual', 'client-individual'),
    new Consumer(port, chronicle, 'individual', 'client-individual'),
    new Consumer(port, chronicle, 'transacted', 'transacted', TRANSACTED),
  ]
  await delay(between(random, 20, 400))
  if (chronicle.chance(0.2)) await dieStopping(broker, random)
  else await broker.kill()
  await Promise.all(clients.map(client => client.closed))
}

/** Dies in an orderly stop: while connections close, or a snapshot is written. */
async function dieStopping(broker: Program, random: () => number): Promise<void> {
  broker.child.kill('SIGTERM')
  await Promise.race([delay(between(random, 0, 60)), broker.exited])
  await broker.kill()
}

async function drain(site: Site, chronicle: Chronicle, queues: readonly string[]): Promise<number> {
  const broker = site.start()
  const port = await broker.port()
  const drains = queues.map(queue => new Drain(port, chronicle, queue))
  const counts = await Promise.all(drains.map(one => one.done))
  await broker.kill()
  return counts.reduce((sum, count) => sum + count, 0)
}
