import { messageOf } from '../../src/base/errors.ts'
import type { Script, Step } from './script.ts'
import { Talk } from './talk.ts'

/** How long the second may take for what the first has said already. */
const latestMs = 2000
const minimiseMs = 60_000

export interface Difference {
  readonly step: Step
  readonly ours: readonly string[]
  readonly theirs: readonly string[]
}

let runs = 0
/** All that was said so far. */
export const said = { steps: 0 }

/** Where the two answer differently, or null. */
export async function compare(
  ports: readonly number[],
  { versions, steps }: Script,
  lateMs: number = latestMs,
): Promise<Difference | null> {
  const name = `run${++runs}x`
  const [ours, theirs] = ports.map(port => new Talk(port, name)) as [Talk, Talk]
  const both = [ours, theirs]
  try {
    await Promise.all(both.map(talk => talk.open(versions)))
    for (const step of [...steps, ...rest(versions.length)]) {
      said.steps++
      const [mine, other] = await Promise.all(both.map(talk => talk.act(step).then(() => [], failure)))
      if (mine!.length + other!.length > 0) return { step, ours: mine!, theirs: other! }
      await ours.settle()
      const late = AbortSignal.timeout(lateMs)
      while (!isSame(ours, theirs) && !late.aborted) await theirs.more(late)
      if (!isSame(ours, theirs)) return { step, ours: ours.shown(), theirs: theirs.shown() }
      for (const talk of both) talk.next()
    }
    return null
  } finally {
    for (const talk of both) talk.close()
  }
}

const failure = (error: unknown): string[] => [messageOf(error)]
const isSame = (ours: Talk, theirs: Talk): boolean => ours.shown().join('\n') === theirs.shown().join('\n')

/** Everybody leaves, and what is left is looked at. */
function rest(connections: number): Step[] {
  const leave = Array.from({ length: connections }, (_, c) => ({ c, command: 'DISCONNECT', headers: [] }))
  const look = ['$.a', '$.b', 'Consumer.A.VirtualTopic.$', 'ActiveMQ.DLQ'].map(queue => ({
    c: 0,
    command: 'SUBSCRIBE',
    headers: [
      ['id', `left ${queue}`],
      ['destination', `/queue/${queue}`],
    ] as const,
  }))
  return [...leave, ...look]
}

/** Leaves out steps, many and then few, while the two still differ. */
export async function minimised(
  ports: readonly number[],
  script: Script,
  first: Difference,
  lateMs: number = latestMs,
): Promise<[Script, Difference]> {
  const late = performance.now() + minimiseMs
  let [least, difference] = [script, first]
  for (let size = Math.ceil(least.steps.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = Math.max(0, least.steps.length - size); from >= 0 && performance.now() < late; from -= size) {
      const less = { ...least, steps: least.steps.toSpliced(from, size) }
      const found = await compare(ports, less, lateMs)
      if (found !== null) [least, difference] = [less, found]
    }
  }
  return [least, difference]
}
