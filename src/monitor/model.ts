import type { Alerts } from './alerts.ts'
import type { Confirm, Job } from './confirm.ts'
import type { Facts, MessageFacts, MessagePage } from './facts.ts'
import type { Extra, Key, Tab } from './keys.ts'
import { newNode, type NodeModel } from './node.ts'
import type { Units } from './numbers.ts'
import { newTable, type Sheet, type TableState } from './sheet.ts'

export const THEMES = ['dark', 'light', 'mono'] as const
export type Theme = (typeof THEMES)[number]

/** ms between two rounds of questions, for `+` and `-` (management UK-03). */
export const INTERVALS_MS = [500, 1000, 2000, 5000, 10_000] as const

export interface Size {
  readonly width: number
  readonly height: number
}

export interface LogEntry {
  /** ms since 1970. */
  readonly at: number
  readonly level: 'crit' | 'warn' | 'info'
  readonly text: string
}

/** What lies over the screen. They pile up: Esc takes the uppermost away. */
export type Overlay =
  | { readonly kind: 'help'; readonly filter: string; readonly typing: boolean; readonly top: number }
  | { readonly kind: 'sort'; readonly at: number }
  | { readonly kind: 'columns'; readonly at: number }
  | { readonly kind: 'input'; readonly purpose: Purpose; readonly text: string; readonly before: string }
  | { readonly kind: 'confirm'; readonly confirm: Confirm; readonly typed: string }
  | { readonly kind: 'detail'; readonly bean: string; readonly top: number }
  | MessagesOverlay
  /** `whole`: it is not only its beginning. */
  | { readonly kind: 'message'; readonly message: MessageFacts; readonly whole: boolean; readonly top: number }
  | { readonly kind: 'alerts'; readonly at: number }
  | { readonly kind: 'log'; readonly top: number }
  | LoginOverlay

/** What a line of input is for; `move` names the bean, and one message of it or all. */
export type Purpose =
  | { readonly kind: 'filter' }
  | { readonly kind: 'command' }
  | { readonly kind: 'move'; readonly beans: readonly string[]; readonly message: string | null }

export interface MessagesOverlay {
  readonly kind: 'messages'
  readonly url: string
  readonly bean: string
  /** The queue's name. */
  readonly name: string
  /** The bean that knows its pages; null: this broker has none. */
  readonly own: string | null
  /** Null: not there yet. */
  readonly list: readonly MessageFacts[] | null
  /** What the messages behind the list are asked for with; null: it is all. */
  readonly next: number | null
  readonly problem: string | null
  readonly at: number
}

/** What to ask for the messages of a queue. */
export interface Browsing {
  readonly url: string
  readonly bean: string
  readonly name: string
  readonly own: string | null
  /** Null: from the first. */
  readonly after: number | null
}

/** The question for what an overlay shows, or for what is behind it. */
export const browsingOf = ({ url, bean, name, own }: MessagesOverlay, after: number | null): Browsing => ({
  url,
  bean,
  name,
  own,
  after,
})

export interface LoginOverlay {
  readonly kind: 'login'
  readonly url: string
  readonly field: 'user' | 'password'
  readonly user: string
  readonly password: string
}

export interface Model {
  /** ms since 1970, of the last message. */
  readonly now: number
  readonly size: Size
  /** One, or the two of a pair, in the order in which they became known. */
  readonly nodes: readonly NodeModel[]
  readonly tab: Tab
  readonly tables: Readonly<Record<Tab, TableState>>
  /** The table of the present tab, filtered and sorted. */
  readonly sheet: Sheet
  readonly overlays: readonly Overlay[]
  readonly alerts: Alerts
  /** The newest last. */
  readonly log: readonly LogEntry[]
  /** What was there when the screen was frozen; null: it is live. */
  readonly frozen: { readonly at: number; readonly nodes: readonly NodeModel[] } | null
  readonly intervalMs: number
  readonly units: Units
  readonly theme: Theme
  readonly mouse: boolean
  /** Nothing may be changed from here. */
  readonly readOnly: boolean
  readonly bell: boolean
  /** Nodes that a login was asked for already. */
  readonly asked: ReadonlySet<string>
  readonly jobs: number
  /** Keys of whoever opened the dashboard: those of the demonstration. */
  readonly extras: readonly Key[]
}

export type Message =
  | { readonly type: 'tick'; readonly now: number }
  | { readonly type: 'resize'; readonly size: Size }
  | { readonly type: 'key'; readonly key: string }
  | { readonly type: 'pick'; readonly what: Target }
  | { readonly type: 'wheel'; readonly by: number }
  | {
      readonly type: 'answered'
      readonly url: string
      readonly facts: Facts
      readonly now: number
      readonly tookMs: number
      /** Why it told no more than what needs no login; null: it told all. */
      readonly locked: string | null
      /** Where it says that its twin is. */
      readonly twin: string | null
    }
  | {
      readonly type: 'failed'
      readonly url: string
      readonly reason: string
      readonly now: number
      readonly failures: number
    }
  | {
      readonly type: 'ran'
      readonly job: Job
      readonly tookMs: number
      readonly problems: readonly string[]
      readonly said: string
    }
  | {
      readonly type: 'messages'
      readonly asked: Browsing
      readonly page: MessagePage
      readonly problem: string | null
    }
  /** The whole of a message that is open; null: it is gone. */
  | { readonly type: 'message'; readonly key: number; readonly message: MessageFacts | null }
  | { readonly type: 'notice'; readonly level: LogEntry['level']; readonly text: string }

/** What a click can mean. */
export type Target =
  | { readonly kind: 'row'; readonly at: number }
  | { readonly kind: 'tab'; readonly tab: Tab }
  | { readonly kind: 'sort'; readonly column: string }

/** What update asks the world to do. The dashboard goes on at once; an answer comes back as a message. */
export type Effect =
  | { readonly type: 'run'; readonly job: Job }
  | { readonly type: 'browse'; readonly asked: Browsing }
  | { readonly type: 'read'; readonly url: string; readonly own: string; readonly name: string; readonly key: number }
  /** Compares the copies of these nodes. */
  | { readonly type: 'verify'; readonly urls: readonly string[] }
  | { readonly type: 'login'; readonly url: string; readonly user: string; readonly password: string }
  | { readonly type: 'copy'; readonly text: string }
  | { readonly type: 'export'; readonly name: string; readonly text: string }
  | { readonly type: 'poll' }
  | { readonly type: 'mouse'; readonly on: boolean }
  | { readonly type: 'redraw' }
  | { readonly type: 'suspend' }
  | { readonly type: 'bell' }
  | { readonly type: 'quit' }
  | { readonly type: 'extra'; readonly command: Extra }

export type Step = readonly [Model, readonly Effect[]]

export interface Settings {
  readonly urls: readonly string[]
  readonly now: number
  readonly size: Size
  readonly intervalMs: number
  readonly theme: Theme
  readonly mouse: boolean
  readonly readOnly: boolean
  readonly bell: boolean
  readonly extras: readonly Key[]
}

/** Before anything was asked. */
export const newModel = (settings: Settings, sheet: Sheet): Model => ({
  now: settings.now,
  size: settings.size,
  nodes: settings.urls.map(newNode),
  tab: 'queues',
  tables: {
    queues: newTable('size'),
    topics: newTable('enqueue'),
    subscriptions: newTable('pending'),
    connections: newTable('pending'),
    store: newTable('name'),
  },
  sheet,
  overlays: [],
  alerts: new Map(),
  log: [],
  frozen: null,
  intervalMs: settings.intervalMs,
  units: 'human',
  theme: settings.theme,
  mouse: settings.mouse,
  readOnly: settings.readOnly,
  bell: settings.bell,
  asked: new Set(),
  jobs: 0,
  extras: settings.extras,
})

/** The nodes as the screen shows them: frozen, or as they are. What is done to them always goes by how they are. */
export const shownNodes = (model: Model): readonly NodeModel[] => model.frozen?.nodes ?? model.nodes

/** Entries of the log that are kept. */
const LOG_MAX = 500

export const logged = (model: Model, level: LogEntry['level'], text: string): Model => ({
  ...model,
  log: [...model.log, { at: model.now, level, text }].slice(-LOG_MAX),
})
