import type { Position } from '../base/errors.ts'
import type { BrokerConfig, ConnectorConfig, ObjectNode, Places } from '../config/config.ts'

/** ok: checked and good. note: good, and worth knowing. warning: it works, but not as it may be meant. error: it does not. */
export type Status = 'ok' | 'note' | 'warning' | 'error'

export const TOPICS = [
  'roles',
  'address',
  'attach',
  'fail-back',
  'store',
  'ports',
  'policy',
  'security',
  'connectors',
  'settings',
] as const
export type Topic = (typeof TOPICS)[number]

/** One thing that was checked. A place is null where the file says nothing about it. */
export interface Answer {
  readonly topic: Topic
  readonly status: Status
  readonly what: string
  /** The next step; null when there is nothing to do. */
  readonly hint: string | null
  readonly active: Position | null
  readonly passive: Position | null
}

/** One of the two files, read. */
export interface PairFile {
  readonly file: string
  readonly config: BrokerConfig
  readonly places: Places
  readonly broker: ObjectNode
  /** What its store remembers; `none`: there is none yet, or it was never in a pair. */
  readonly role: 'none' | 'active' | 'passive'
}

export interface Both {
  readonly active: PairFile
  readonly passive: PairFile
}

/** One node dials a connector of the other, as it would when both run. */
export interface Attempt {
  readonly from: PairFile
  readonly to: PairFile
  readonly connector: ConnectorConfig
  /** The host of the address that is dialled; null: not known from the files, so no certificate can be held against it. */
  readonly host: string | null
  /** By which it logs in: what the XML names, or the secret that both share once they have met. */
  readonly login: { readonly userName: string; readonly password: string } | 'none' | 'secret'
}

/** How far an attempt came, and what the other node would have said. No text holds a password. */
export type AttachAnswer =
  | { readonly is: 'let in'; readonly user: string | null; readonly notes: readonly string[] }
  | { readonly is: 'refused'; readonly by: 'tls' | 'login' | 'right'; readonly text: string }
  | { readonly is: 'unknown'; readonly text: string }

/** Tries it with the broker's own code, without a network. */
export type Attach = (attempt: Attempt) => Promise<AttachAnswer>

interface Places2 {
  readonly active?: Position | null
  readonly passive?: Position | null
}

/** Gathers answers; by default they are about both brokers as a whole. */
export class Answers {
  readonly #both: Both
  readonly #all: Answer[] = []

  constructor(both: Both) {
    this.#both = both
  }

  add(topic: Topic, status: Status, what: string, hint: string | null = null, at: Places2 = {}): void {
    const { active, passive } = this.#both
    const place = (given: Position | null | undefined, file: PairFile): Position | null =>
      given === undefined ? file.config.at : given
    this.#all.push({
      topic,
      status,
      what,
      hint,
      active: place(at.active, active),
      passive: place(at.passive, passive),
    })
  }

  /** By topic, in the order in which a pair comes to be; within one as they were found. */
  list(): readonly Answer[] {
    return this.#all.toSorted((a, b) => TOPICS.indexOf(a.topic) - TOPICS.indexOf(b.topic))
  }
}

/** Where a setting of the model was written, or null: it was not. */
export const placeOf = ({ places }: PairFile, pointer: string): Position | null => places.get(pointer) ?? null

/** Where it was written, else the broker. */
export const nearest = (file: PairFile, pointer: string): Position => placeOf(file, pointer) ?? file.config.at

/** As a broker is called in a sentence. */
export const called = ({ config }: PairFile): string => `"${config.brokerName}"`

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}
