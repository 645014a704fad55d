import { AdminError, twinUrl, type BeanAnswer, type NodeClient, type NodeReport } from '../admin/admin.ts'
import { messageOf } from '../base/errors.ts'
import { readAnswers } from './answers.ts'
import type { Facts } from './facts.ts'
import type { Message } from './model.ts'
import { retryAfterMs, type NodeModel, type Rows } from './node.ts'
import { readPair } from './pair-answer.ts'
import { questionsFor, type Demand } from './questions.ts'

/** ms that one request of a round may take, unless somebody says otherwise (management UD-02). */
export const ROUND_MS = 2000

/** What one round needs to know of the screen. */
export interface Wanted {
  readonly demand: Demand
  readonly intervalMs: number
}

/**
 * Asks one node over and over, at its own pace: no node waits for another, and never are two requests under way to the
 * same one (management UD-02).
 */
export class Poll {
  #client: NodeClient
  readonly #wanted: () => Wanted
  readonly #node: () => NodeModel | undefined
  readonly #tell: (message: Message) => void
  #timer: NodeJS.Timeout | null = null
  #asking = false
  #again = false
  #stopped = false
  #failures = 0

  constructor(
    client: NodeClient,
    wanted: () => Wanted,
    node: () => NodeModel | undefined,
    tell: (message: Message) => void,
  ) {
    this.#client = client
    this.#wanted = wanted
    this.#node = node
    this.#tell = tell
  }

  /** From now on as somebody else. */
  use(client: NodeClient): void {
    this.#client = client
    this.wake()
  }

  get client(): NodeClient {
    return this.#client
  }

  /** Asks now; while an answer is under way, right after it. */
  wake(): void {
    if (this.#stopped) return
    if (this.#asking) {
      this.#again = true
      return
    }
    if (this.#timer !== null) clearTimeout(this.#timer)
    void this.#round()
  }

  stop(): void {
    this.#stopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  async #round(): Promise<void> {
    this.#asking = true
    const { intervalMs } = this.#wanted()
    const message = await ask(this.#client, this.#wanted().demand, this.#node(), this.#failures)
    this.#asking = false
    if (this.#stopped) return
    this.#failures = message.type === 'failed' ? message.failures : 0
    this.#tell(message)
    const tookMs = message.type === 'answered' ? message.tookMs : 0
    // A node that needs longer than a round is asked half as often (management UD-01).
    const pauseMs =
      message.type === 'failed' ? retryAfterMs(this.#failures) : intervalMs * (tookMs > intervalMs ? 2 : 1)
    const again = this.#again
    this.#again = false
    this.#timer = setTimeout(() => void this.#round(), again ? 0 : Math.max(0, pauseMs - tookMs))
  }
}

/** One round of questions to a node. Never rejects. */
export async function ask(
  client: NodeClient,
  demand: Demand,
  node: NodeModel | undefined,
  failures = 0,
): Promise<Extract<Message, { readonly type: 'answered' | 'failed' }>> {
  const started = performance.now()
  const { url } = client
  try {
    const body = node?.pairless === true ? null : await pairOf(client)
    const { facts, locked } = await beansOf(client, demand, node, isReport(body))
    const told: Facts = body === undefined ? facts : { ...facts, pair: readPair(body) }
    const twin = isReport(body) ? twinUrl(body, url) : null
    return { type: 'answered', url, facts: told, now: Date.now(), tookMs: performance.now() - started, locked, twin }
  } catch (error) {
    const reason = messageOf(error).replace(`${url} does not answer: `, '').replace(`${url} `, '')
    return { type: 'failed', url, reason, now: Date.now(), failures: failures + 1 }
  }
}

/** What `twinUrl` looks at has been looked at. */
const isReport = (body: unknown): body is NodeReport => readPair(body) !== null

/** The body of /api/pair; null: what answers there is no TandemMQ; undefined: it tells nothing without a login. */
async function pairOf(client: NodeClient): Promise<unknown> {
  try {
    return await client.getJson('/api/pair')
  } catch (error) {
    if (!(error instanceof AdminError)) throw error
    if (error.kind === 'refused') return undefined
    if (error.kind === 'unknown' || error.kind === 'failed') return null
    throw error
  }
}

interface Beans {
  readonly facts: Facts
  readonly locked: string | null
}

async function beansOf(
  client: NodeClient,
  demand: Demand,
  node: NodeModel | undefined,
  paired: boolean,
): Promise<Beans> {
  const known = {
    bean: node?.broker?.bean ?? null,
    queues: node === undefined ? null : howMany(node.queues, node.broker?.queues ?? null),
    topics: node === undefined ? null : howMany(node.topics, node.broker?.topics ?? null),
  }
  const questions = questionsFor(demand, { ...known, own: paired })
  let answers: readonly BeanAnswer[]
  try {
    answers = await client.beans(questions.map(({ request }) => request))
  } catch (error) {
    if (!(error instanceof AdminError)) throw error
    if (error.kind === 'refused') return { facts: {}, locked: error.message }
    // Its XML says useJmx="false", or it has not come so far yet: what it is, it has told already.
    if (paired && (error.kind === 'unknown' || error.kind === 'failed')) return { facts: {}, locked: null }
    throw error
  }
  return { facts: readAnswers(questions, answers), locked: null }
}

/** Where the broker chooses, `total` counts what the filter lets through: there are many all the same. */
function howMany({ total, chosen }: Rows, told: number | null): number | null {
  if (chosen) return Infinity
  return total === 0 ? told : total
}
