import { setTimeout as sleep } from 'node:timers/promises'
import { demandOf } from './demand.ts'
import { jsonOf } from './json.ts'
import { textOf } from './line.ts'
import type { Model, Size } from './model.ts'
import { answers, type NodeModel } from './node.ts'
import { ask, ROUND_MS } from './poll.ts'
import { update } from './update.ts'
import { view } from './view.ts'
import { startModel, type WatchOptions } from './watch.ts'

/** A frame for a pipe, when nothing says how wide it is. */
export const ONCE_SIZE: Size = { width: 120, height: 40 }

export interface OnceOptions extends Pick<WatchOptions, 'clients' | 'intervalMs' | 'ascii' | 'first' | 'roundMs'> {
  readonly json: boolean
  /** A single reading; otherwise one after the other until `signal` says so. */
  readonly once: boolean
  readonly size: Size
  readonly signal: AbortSignal
  out(text: string): void
}

/**
 * The dashboard for scripts: a plain frame without an escape sequence, or JSON, one object a line. Two readings come
 * before the first, since a rate is the difference of two. Exit code as `pair status` has it (management TC-11).
 */
export async function once(options: OnceOptions): Promise<number> {
  const { intervalMs, signal, json } = options
  const rest = { readOnly: true, mouse: false, bell: false, mono: true }
  let model = startModel({ ...options, ...rest }, options.size)
  model = await reading(model, options)
  // The twin that the first answer named has not been asked yet.
  if (model.nodes.length > options.clients.length) model = await reading(model, options)
  do {
    await sleep(intervalMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) break
    model = await reading(model, options)
    options.out(json ? jsonLine(jsonOf(model)) : plainFrame(model, options.ascii))
  } while (!options.once)
  return verdict(model.nodes)
}

async function reading(model: Model, { clients, roundMs = ROUND_MS }: OnceOptions): Promise<Model> {
  const [first] = clients
  const asked = model.nodes.flatMap(node => {
    const client = clients.find(({ url }) => url === node.url) ?? first?.at(node.url)
    return client === undefined ? [] : [ask(client.with({ timeoutMs: roundMs }), demandOf(model), node)]
  })
  return (await Promise.all(asked)).reduce((now: Model, message) => update(now, message)[0], model)
}

/** Names are as the broker has them; what a terminal would obey is escaped, which JSON reads as the same. */
const jsonLine = (value: object): string =>
  `${JSON.stringify(value).replace(/[\x7f-\x9f]|[^\P{Cf}]|[\u2028\u2029]/gu, one => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`

/** The frame, without what is there for a person at a keyboard. */
function plainFrame(model: Model, ascii: boolean): string {
  const { lines } = view({ ...model, overlays: [] }, { ascii })
  return `${lines
    .map(line => textOf(line).trimEnd())
    .join('\n')
    .trimEnd()}\n`
}

/** 0 all is well, 3 no node answers, 4 a login is asked for, 6 the pair is not whole. */
function verdict(nodes: readonly NodeModel[]): number {
  const up = nodes.filter(answers)
  if (up.length === 0) return 3
  if (up.every(({ reach }) => reach.kind === 'locked')) return 4
  const [one, other] = nodes
  if (one !== undefined && other === undefined)
    return one.pairless || (one.pair?.state === 'ALONE' && one.pair.peer === null) ? 0 : 6
  return up.length === nodes.length && up.every(({ pair }) => pair?.inSync === true) ? 0 : 6
}
