import type { Position } from '../base/errors.ts'
import type { PairConfig } from './model.ts'
import type { Site } from './site.ts'
import { suggestion } from '../base/suggest.ts'
import { parseBoolean, parseInteger, parseList, parseSize, type Parsed } from './values.ts'

/** What `-Dtandemmq.pair.NAME=…` sets (replication.md, "What the XML means" and 4.4). */
export type PairProperties = Pick<
  PairConfig,
  | 'takeoverAfter'
  | 'bootPeerWait'
  | 'startAlone'
  | 'bootAlone'
  | 'handoverOnStop'
  | 'replicators'
  | 'announce'
  | 'ackTimeout'
  | 'beat'
  | 'window'
  | 'retainedBytes'
  | 'deleteAll'
>

interface Range {
  readonly otherwise: number
  readonly least: number
  readonly most: number
}

const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB
const DAY = 86_400_000

const TIMES = {
  /** How long an active may be silent before its passive takes over. */
  takeoverAfter: { otherwise: 10_000, least: 0, most: DAY },
  bootPeerWait: { otherwise: 5000, least: 0, most: DAY },
  ackTimeout: { otherwise: 5000, least: 100, most: DAY },
  beat: { otherwise: 250, least: 10, most: 60_000 },
} satisfies Readonly<Record<string, Range>>

const SIZES = {
  window: { otherwise: 8 * MIB, least: 64 * KIB, most: GIB },
  retainedBytes: { otherwise: 4 * GIB, least: 0, most: Number.MAX_SAFE_INTEGER },
} satisfies Readonly<Record<string, Range>>

const ANNOUNCED = /^(tcp|ssl):\/\/[^/\s?#]+:\d{1,5}$/

const FLAGS = { startAlone: false, bootAlone: false, handoverOnStop: true, deleteAll: false }

const NAMES = [...Object.keys(TIMES), ...Object.keys(SIZES), ...Object.keys(FLAGS), 'replicators', 'announce']

/** Reads them all; whatever is wrong or unknown is an error at the broker's place, since a property has none in a file. */
export function readPairProperties(broker: Position, storeDirectory: string, site: Site): PairProperties {
  const reader = new Properties(broker, site)
  reader.refuseUnknown()
  const volume = site.outer.sources.diskSize(storeDirectory)
  const quarter = volume === null ? Number.MAX_SAFE_INTEGER : Math.floor(volume / 4)
  const { window, retainedBytes } = SIZES
  const settings = {
    takeoverAfter: reader.number('takeoverAfter', TIMES.takeoverAfter, parseInteger),
    bootPeerWait: reader.number('bootPeerWait', TIMES.bootPeerWait, parseInteger),
    ackTimeout: reader.number('ackTimeout', TIMES.ackTimeout, parseInteger),
    beat: reader.number('beat', TIMES.beat, parseInteger),
    window: reader.number('window', window, parseSize),
    retainedBytes: reader.number(
      'retainedBytes',
      { ...retainedBytes, otherwise: Math.min(retainedBytes.otherwise, quarter) },
      parseSize,
    ),
    startAlone: reader.flag('startAlone'),
    bootAlone: reader.flag('bootAlone'),
    handoverOnStop: reader.flag('handoverOnStop'),
    deleteAll: reader.flag('deleteAll'),
    replicators: reader.replicators(),
    announce: reader.announce(),
  }
  if (settings.ackTimeout < 3 * settings.beat)
    reader.wrong('ackTimeout', `must be at least three beats (${3 * settings.beat} ms): one late beat is no loss`)
  return settings
}

class Properties {
  readonly #at: Position
  readonly #site: Site

  constructor(at: Position, site: Site) {
    this.#at = at
    this.#site = site
  }

  #text(name: string): string | undefined {
    return this.#site.outer.overrides[`pair.${name}`]
  }

  wrong(name: string, problem: string, hint: string | null = null): void {
    this.#site.findings.error('CONFIG_PROPERTY', this.#at, `-Dtandemmq.pair.${name} ${problem}`, hint)
  }

  refuseUnknown(): void {
    for (const name of Object.keys(this.#site.outer.overrides)) {
      if (!name.startsWith('pair.')) continue
      const short = name.slice('pair.'.length)
      if (short === 'witness') this.#refuseWitness()
      else if (!NAMES.includes(short)) this.wrong(short, 'is no setting', suggestion(short, NAMES))
    }
  }

  /** Never another policy in its place: whoever names a witness relies on it. */
  #refuseWitness(): void {
    const message =
      '-Dtandemmq.pair.witness: a witness (etcd, PostgreSQL) is not served by this version, so the broker does not start'
    const hint =
      'leave it out for the policy auto, or choose stop-on-loss (shutdownOnPassiveFailure="true"), which needs no witness'
    this.#site.findings.refuse('CONFIG_PAIR', this.#at, message, hint)
  }

  number(name: string, { otherwise, least, most }: Range, parse: (text: string) => Parsed<number>): number {
    const text = this.#text(name)
    if (text === undefined) return otherwise
    const parsed = parse(text)
    if ('problem' in parsed) this.wrong(name, `"${text}" ${parsed.problem}`)
    else if (parsed.value < least || parsed.value > most)
      this.wrong(name, `is ${parsed.value}; it must be from ${least} to ${most}`)
    else return parsed.value
    return otherwise
  }

  flag(name: keyof typeof FLAGS): boolean {
    const text = this.#text(name)
    if (text === undefined) return FLAGS[name]
    const parsed = parseBoolean(text)
    if ('value' in parsed) return parsed.value
    this.wrong(name, `"${text}" ${parsed.problem}`)
    return FLAGS[name]
  }

  /** `tcp://host:port,…`; null when not set. */
  announce(): readonly string[] | null {
    const text = this.#text('announce')
    if (text === undefined) return null
    const uris = parseList(text)
    if (uris.length === 0 || !uris.every(uri => ANNOUNCED.test(uri)))
      this.wrong('announce', `"${text}" is no list of addresses`, 'write tcp://host:port or ssl://host:port')
    return uris
  }

  /** `user,group:name`; null when not set. */
  replicators(): readonly string[] | null {
    const text = this.#text('replicators')
    if (text === undefined) return null
    const names = parseList(text)
    const shape = 'write users and groups, such as replicator,group:admins'
    if (names.length === 0) this.wrong('replicators', 'names nobody', shape)
    const odd = names.find(name => name === 'group:' || (name.includes(':') && !name.startsWith('group:')))
    if (odd !== undefined) this.wrong('replicators', `holds "${odd}"`, shape)
    return names
  }
}
