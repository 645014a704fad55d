import { writeFile } from 'node:fs/promises'
import { destinationUri, isQueueKind, isTemporaryKind, type DestinationName } from '../base/destination.ts'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Broker, BrokerEvents } from '../broker/broker.ts'

/** What is drawn, and where to. */
export interface Picture {
  readonly of: 'connections' | 'destinations'
  readonly file: string
}

/** ms in which changes gather before they are drawn. */
const gatherMs = 100

/** Draws a GraphViz file whenever what it shows changes (semantics PL-14). A file that cannot be written costs a warning. */
export class Drawing implements BrokerEvents {
  readonly #picture: Picture
  readonly #broker: () => Broker
  readonly #log: Log
  #timer: NodeJS.Timeout | null = null

  constructor(picture: Picture, broker: () => Broker, log: Log) {
    this.#picture = picture
    this.#broker = broker
    this.#log = log
  }

  connection(): void {
    if (this.#picture.of === 'connections') this.#soon()
  }

  consumer(): void {
    if (this.#picture.of === 'connections') this.#soon()
  }

  destination(): void {
    if (this.#picture.of === 'destinations') this.#soon()
  }

  leads(starts: boolean): void {
    if (starts) this.#soon()
    else if (this.#timer !== null) clearTimeout(this.#timer)
  }

  unsubscribed(): void {}
  transaction(): void {}
  sending(): void {}
  acknowledging(): void {}
  dispatching(): void {}

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      void this.#draw()
    }, gatherMs).unref()
  }

  async #draw(): Promise<void> {
    const { of, file } = this.#picture
    const text = of === 'connections' ? connectionsOf(this.#broker()) : destinationsOf(this.#broker())
    try {
      await writeFile(file, text)
    } catch (error) {
      this.#log.warn(`the picture of the ${of} cannot be written: ${messageOf(error)}`, { code: 'PLUGIN_FILE' })
    }
  }
}

const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
const graph = (name: string, lines: readonly string[]): string =>
  [`digraph ${quoted(name)} {`, 'node [style = "rounded,filled", fontname = "Helvetica"];', ...lines, '}', ''].join(
    '\n',
  )

/** Who is connected and what he consumes. */
function connectionsOf(broker: Broker): string {
  const lines: string[] = []
  for (const session of broker.sessions) {
    if (!session.connected) continue
    const client = quoted(session.id)
    lines.push(`${client} [label = ${quoted(session.clientId)}, fillcolor = deepskyblue, shape = box];`)
    for (const { options } of session.allSubscriptions)
      for (const at of options.destinations) lines.push(`${quoted(destinationUri(at))} -> ${client};`)
  }
  return graph('ActiveMQ Connections', lines)
}

/** The tree of names. */
function destinationsOf(broker: Broker): string {
  const lines = new Set<string>([
    'queues [label = "Queues", fillcolor = red];',
    'topics [label = "Topics", fillcolor = orange];',
  ])
  for (const { at } of namedPlaces(broker)) {
    const root = isQueueKind(at.kind) ? 'queues' : 'topics'
    let parent = root
    const parts = at.name.split('.')
    for (const [i, part] of parts.entries()) {
      const node = quoted(`${root}.${parts.slice(0, i + 1).join('.')}`)
      lines.add(`${node} [label = ${quoted(part)}];`)
      lines.add(`${parent} -> ${node};`)
      parent = node
    }
  }
  return graph('ActiveMQ Destinations', [...lines])
}

/** Every destination but the temporary ones and what durable subscriptions collect. */
export function namedPlaces({ registry }: Broker): readonly { readonly at: DestinationName }[] {
  return [...registry.namedQueues(), ...registry.topics()].filter(({ at }) => !isTemporaryKind(at.kind))
}
