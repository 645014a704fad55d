import { setTimeout as sleep } from 'node:timers/promises'
import type { StompConnection } from './connection.ts'
import type { ServerFrame } from './frames.ts'

/** ms that a broker may need to tell its queues, and of silence after which it has told them. */
const ANSWER_MS = 5000
const SILENCE_MS = 300

/** Of what an advisory about a destination says, as far as it is read here. */
interface Advisory {
  readonly DestinationInfo?: {
    readonly operationType?: number
    readonly destination?: { readonly string?: string; readonly physicalName?: string }
  }
}

/**
 * The queues of a broker, in the order of the alphabet, as it tells them to who subscribes to its advisories about them. Null: it
 * names none (there is none, or `advisorySupport="false"`, or an ActiveMQ without XStream). Uses up the connection: a broker that cannot may hang.
 */
export async function listQueues(connection: StompConnection): Promise<readonly string[] | null> {
  const names = new Set<string>()
  let last = performance.now()
  let told = false
  const headers = [
    ['destination', '/topic/ActiveMQ.Advisory.Queue'],
    ['ack', 'auto'],
  ] as const
  const subscribed = connection.subscribe('queues', headers, message => {
    last = performance.now()
    const name = readAdvisory(message)
    if (name === null) return
    told = true
    if (name.removed) names.delete(name.queue)
    else names.add(name.queue)
  })
  const failed = await Promise.race([
    subscribed.then(
      () => false,
      () => true,
    ),
    sleep(ANSWER_MS, true, { ref: false }),
  ])
  if (failed) return null
  while (connection.ended === null && performance.now() - last < SILENCE_MS) await sleep(SILENCE_MS / 4)
  connection.destroy()
  return told ? [...names].filter(isMovable).toSorted() : null
}

function readAdvisory({ body }: ServerFrame): { readonly queue: string; readonly removed: boolean } | null {
  try {
    const { DestinationInfo: info } = JSON.parse(body.toString()) as Advisory
    const queue = info?.destination?.string ?? info?.destination?.physicalName
    return typeof queue === 'string' ? { queue, removed: info?.operationType === 1 } : null
  } catch {
    return null
  }
}

/** The broker's own queues, our ledger, and patterns, which only look like names. */
export const isMovable = (queue: string): boolean =>
  queue !== '' &&
  !/^(ActiveMQ\.(Advisory|Statistics|Scheduler)\.|tandemmq\.(migration$|released\.))/.test(queue) &&
  !/(^|\.)(\*|>)(\.|$)/.test(queue)

/** Can this broker write a map as text? One without XStream does not even answer. Uses up the connection. */
export async function canTransform(connection: StompConnection): Promise<boolean> {
  const headers = [
    ['destination', '/temp-queue/probe'],
    ['ack', 'auto'],
    ['transformation', 'jms-xml'],
  ] as const
  const subscribed = connection.subscribe('probe', headers, () => {})
  const answers = await Promise.race([
    subscribed.then(
      () => true,
      () => false,
    ),
    sleep(ANSWER_MS, false, { ref: false }),
  ])
  connection.destroy()
  return answers
}
