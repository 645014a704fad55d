import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { deadlineMs } from '../contract/world.ts'
import { freshSeed } from '../journal/random.ts'
import { assault } from './assault.ts'
import { forgetDurables, takeEverything } from './clear.ts'
import { Random } from './random.ts'
import type { Answer, Health, Question } from './target.ts'
import { Witness } from './witness.ts'

const FRAMES = 100_000
const WARM_UP = 10_000
/** Hostile connections at a time. */
const WIDTH = 12
/** What the heap may hold more after a hundred thousand frames than after ten thousand, and what the process may ever take. */
const HEAP_GROWTH_MIB = 12
const RSS_MIB = 500

/** The broker in its process. */
async function target(
  t: ExecutionContext,
): Promise<{ port: number; health: () => Promise<Health>; stop: () => Promise<void> }> {
  const child = fork(fileURLToPath(new URL('target.js', import.meta.url)), {
    execArgv: ['--expose-gc', '--enable-source-maps'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const died = once(child, 'exit').then(([code, signal]: unknown[]): never => {
    throw new Error(`the broker ended: ${String(code ?? signal)}`)
  })
  died.catch(() => {}) // it is raced below; at the end it is what we want
  const answer = async <T extends Answer>(question: Question | null): Promise<T> => {
    if (question !== null) child.send(question)
    const [value] = (await Promise.race([once(child, 'message'), died])) as [T]
    return value
  }
  const { port } = await answer<{ readonly port: number }>(null)
  const stop = async (): Promise<void> => {
    child.send('stop' satisfies Question)
    const [code] = (await once(child, 'exit')) as [number | null]
    if (code !== 0) throw new Error(`the broker ended with ${code} after its restart`)
  }
  return { port, health: () => answer<Health>('health'), stop }
}

/** Hostile connections, so many at a time, until the broker has seen so many frames. */
async function storm(random: Random, port: number, frames: number, health: () => Promise<Health>): Promise<Health> {
  for (;;) {
    const now = await health()
    if (now.frames >= frames) return now
    let left = 100
    const attacker = async (): Promise<void> => {
      while (left-- > 0) await assault(random, port)
    }
    await Promise.all(Array.from({ length: WIDTH }, attacker))
  }
}

/** The broker once nothing of an assault is left in it but what leaked. */
async function calm(port: number, health: () => Promise<Health>): Promise<Health> {
  await forgetDurables(port)
  const taker = await takeEverything(port)
  const end = performance.now() + deadlineMs
  for (;;) {
    const now = await health()
    // The taker with two subscriptions, and the two connections of the witness with one each.
    const quiet = now.sessions <= 3 && now.messages <= 1
    if (quiet || performance.now() > end) {
      taker.destroy()
      return now
    }
  }
}

test('S-FRM-24, S-LIM-06, S-CON-14, M-05: a hundred thousand random and mutated frames neither crash nor fill the broker, and nobody else notices', async t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  console.log(`fuzz: TANDEMMQ_SEED=${seed}`)
  const random = new Random(seed)
  const { port, health, stop } = await target(t)
  const witness = await Witness.at(port)
  await storm(random, port, WARM_UP, health)
  const before = await calm(port, health)
  const peak = await storm(random, port, WARM_UP + FRAMES, health)
  const after = await calm(port, health)
  await witness.end()
  const { rounds, slowestMs } = witness
  t.log(
    JSON.stringify({ before, peak, after, rounds, slowestMs: Math.round(slowestMs) }, (key, value: unknown) =>
      key === 'who' ? undefined : value,
    ),
  )
  t.true(after.fatals > 100, 'the frames were mutated enough to be refused')
  t.true(after.sessions <= 3, `${after.sessions} sessions are left:\n${after.who.join('\n')}`)
  t.deepEqual(after.errors, [])
  t.is(after.temporary, 0, 'temporary destinations ended with their connections')
  t.true(after.subscriptions <= 4, `${after.subscriptions} subscriptions are left`)
  t.true(after.messages <= 1, `${after.messages} messages are left: ${JSON.stringify(after.full)}`)
  t.true(after.stored <= before.stored + 100, `${after.stored} destinations, ${before.stored} before`)
  t.true(after.heapMiB < before.heapMiB + HEAP_GROWTH_MIB, `heap ${before.heapMiB} MiB before, ${after.heapMiB} after`)
  t.true(Math.max(peak.rssMiB, after.rssMiB) < RSS_MIB, `${peak.rssMiB} MiB at the peak`)
  t.true(witness.rounds > 20, `the witness exchanged ${witness.rounds} messages`)
  await stop()
})
