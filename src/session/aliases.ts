import { DestinationKind, isQueueKind, type DestinationName } from '../base/destination.ts'

const TEMP_QUEUE = '/temp-queue/'
const TEMP_TOPIC = '/temp-topic/'
const REMOTE_QUEUE = '/remote-temp-queue/'
const REMOTE_TOPIC = '/remote-temp-topic/'

/**
 * The temporary destinations of one connection: its private names for them, and their real ones
 * (`<connection id>:<k>`, stomp S-TMP-01, S-TMP-02).
 */
export class AliasTable {
  readonly #connectionId: string
  readonly #real = new Map<string, DestinationName>()
  /** Real name to alias, the printed form. */
  readonly #alias = new Map<string, string>()
  #count = 0

  constructor(connectionId: string) {
    this.#connectionId = connectionId
  }

  /** The destination behind an alias; makes one at first use. */
  resolve(kind: DestinationKind, name: string): { readonly at: DestinationName; readonly isNew: boolean } {
    const prefix = kind === DestinationKind.tempQueue ? TEMP_QUEUE : TEMP_TOPIC
    const known = this.#real.get(prefix + name)
    if (known !== undefined) return { at: known, isNew: false }
    const at: DestinationName = { kind, name: `${this.#connectionId}:${++this.#count}` }
    this.#real.set(prefix + name, at)
    this.#alias.set(at.name, prefix + name)
    return { at, isNew: true }
  }

  /** All temporary destinations of this connection. */
  all(): Iterable<DestinationName> {
    return this.#real.values()
  }

  /** As this connection must see it. */
  print(at: DestinationName): string {
    return this.#alias.get(at.name) ?? (isQueueKind(at.kind) ? REMOTE_QUEUE : REMOTE_TOPIC) + at.name
  }

  /** `/remote-temp-queue/<real>` as the alias, when it is this connection's own; any other text as it is. */
  shown(text: string): string {
    for (const prefix of [REMOTE_QUEUE, REMOTE_TOPIC]) {
      if (text.startsWith(prefix)) return this.#alias.get(text.slice(prefix.length)) ?? text
    }
    return text
  }
}
