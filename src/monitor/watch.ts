import type { NodeClient } from '../admin/admin.ts'
import { withTable } from './cursor.ts'
import { demandOf } from './demand.ts'
import { newModel, type Effect, type LogEntry, type Message, type Model, type Settings, type Size } from './model.ts'
import { Poll, ROUND_MS } from './poll.ts'
import { sheetFor } from './present.ts'
import { browseQueue, readWhole, runJob } from './run-job.ts'
import { openScreen, type Screen } from './terminal.ts'
import { update } from './update.ts'
import { view } from './view.ts'
import type { Extra, Key, Tab } from './keys.ts'

export interface WatchOptions {
  /** One, or both of a pair; of one the other is learnt. */
  readonly clients: readonly NodeClient[]
  readonly intervalMs: number
  /** ms that one request of a round may take. */
  readonly roundMs?: number
  readonly readOnly: boolean
  readonly mouse: boolean
  readonly bell: boolean
  /** The terminal shows no colours. */
  readonly mono: boolean
  /** It shows ASCII only. */
  readonly ascii: boolean
  /** What is shown first. */
  readonly first?: First
  /** Keys of whoever opens it, and what they do. */
  readonly extras?: readonly Key[]
  readonly onExtra?: (command: Extra) => void
  /** Is handed what puts a line into the log of the dashboard. */
  readonly onOpen?: (tell: (level: LogEntry['level'], text: string) => void) => void
  /** Compares the copies of two nodes, and says how they compare. Never rejects. */
  verify(clients: readonly NodeClient[]): Promise<{ readonly equal: boolean; readonly text: string }>
  /** Writes a new file; answers its path. */
  save(name: string, text: string): Promise<string>
  /** Calls `stop` when the process shall end. */
  onStop(stop: () => void): void
}

/** The table in front, and how it is looked at. */
export interface First {
  readonly tab: Tab
  readonly filter: string
  /** A column's title or id; null: as usual. */
  readonly sort: string | null
}

/** ms that one that changes something may take. */
const CHANGE_MS = 30_000
/** ms between two looks at the time. */
const TICK_MS = 500

/** What a model begins with. */
export type Look = Pick<
  WatchOptions,
  'clients' | 'intervalMs' | 'readOnly' | 'mouse' | 'bell' | 'mono' | 'first' | 'extras'
>

export const startModel = (options: Look, size: Size): Model => {
  const settings: Settings = {
    urls: options.clients.map(({ url }) => url),
    now: Date.now(),
    size,
    intervalMs: options.intervalMs,
    theme: options.mono ? 'mono' : 'dark',
    mouse: options.mouse,
    readOnly: options.readOnly,
    bell: options.bell,
    extras: options.extras ?? [],
  }
  const model = newModel(settings, sheetFor(null, 'queues'))
  const { first } = options
  if (first === undefined) return model
  const shown = withTable({ ...model, tab: first.tab }, { filter: first.filter })
  const head = shown.sheet.heads.find(({ id, title }) =>
    [id, title.toLowerCase()].includes(first.sort?.toLowerCase() ?? ''),
  )
  return head === undefined ? shown : withTable(shown, { sort: head.id, descending: head.right })
}

/** The dashboard on the terminal of this process, until it is left. */
export async function watch(options: WatchOptions, open: typeof openScreen = openScreen): Promise<number> {
  const waiting: Message[] = []
  let hear = (message: Message): void => void waiting.push(message)
  const screen = await open(message => hear(message))
  const dashboard = new Dashboard(options, screen)
  hear = message => dashboard.tell(message)
  for (const message of waiting) hear(message)
  try {
    return await dashboard.run()
  } finally {
    screen.close()
  }
}

class Dashboard {
  readonly #options: WatchOptions
  readonly #screen: Screen
  readonly #polls = new Map<string, Poll>()
  #model: Model
  #drawing = false
  #quit: () => void = () => {}

  constructor(options: WatchOptions, screen: Screen) {
    this.#options = options
    this.#screen = screen
    this.#model = startModel(options, screen.size)
  }

  async run(): Promise<number> {
    const { clients, mouse, onStop, onOpen } = this.#options
    const left = new Promise<void>(resolve => (this.#quit = resolve))
    onStop(() => this.#quit())
    if (mouse) this.#screen.mouse(true)
    for (const client of clients) this.#follow(client)
    onOpen?.((level, text) => this.tell({ type: 'notice', level, text }))
    this.#draw()
    const ticker = setInterval(() => this.tell({ type: 'tick', now: Date.now() }), TICK_MS)
    await left
    clearInterval(ticker)
    for (const poll of this.#polls.values()) poll.stop()
    return 0
  }

  tell(message: Message): void {
    const [model, effects] = update(this.#model, message)
    this.#model = model
    for (const { url } of model.nodes) if (!this.#polls.has(url)) this.#followTwin(url)
    for (const effect of effects) this.#perform(effect)
    this.#draw()
  }

  /** At most once for all that happens at the same time. */
  #draw(): void {
    if (this.#drawing) return
    this.#drawing = true
    setImmediate(() => {
      this.#drawing = false
      const { lines, hits } = view(this.#model, this.#options)
      this.#screen.draw(lines, this.#model.theme, hits)
    })
  }

  #follow(client: NodeClient): void {
    const poll = new Poll(
      client.with({ timeoutMs: this.#options.roundMs ?? ROUND_MS }),
      () => ({ demand: demandOf(this.#model), intervalMs: this.#model.intervalMs }),
      () => this.#model.nodes.find(({ url }) => url === client.url),
      message => this.tell(message),
    )
    this.#polls.set(client.url, poll)
    poll.wake()
  }

  /** As whoever gave a login for the pair; one that was typed for a node stays with that node. */
  #followTwin(url: string): void {
    const [first] = this.#options.clients
    if (first !== undefined) this.#follow(first.at(url))
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'run':
        this.#answer(effect.job.url, client => runJob(client.with({ timeoutMs: CHANGE_MS }), effect.job))
        break
      case 'browse':
        this.#answer(effect.asked.url, client => browseQueue(client, effect.asked))
        break
      case 'read':
        this.#answer(effect.url, client => readWhole(client, effect))
        break
      case 'verify':
        void this.#verify(effect.urls)
        break
      case 'login': {
        const poll = this.#polls.get(effect.url)
        poll?.use(poll.client.with({ login: { user: effect.user, password: effect.password } }))
        break
      }
      case 'poll':
        for (const poll of this.#polls.values()) poll.wake()
        break
      case 'export':
        void this.#export(effect.name, effect.text)
        break
      case 'extra':
        this.#options.onExtra?.(effect.command)
        break
      case 'copy':
        this.#screen.copy(effect.text)
        break
      case 'mouse':
        this.#screen.mouse(effect.on)
        break
      case 'redraw':
        this.#screen.redraw()
        break
      case 'suspend':
        this.#screen.suspend()
        break
      case 'bell':
        this.#screen.bell()
        break
      case 'quit':
        this.#quit()
        break
      default:
        effect satisfies never
    }
  }

  #answer(url: string, ask: (client: NodeClient) => Promise<Message>): void {
    const client = this.#polls.get(url)?.client
    if (client !== undefined) void ask(client).then(message => this.tell(message))
  }

  async #verify(urls: readonly string[]): Promise<void> {
    const clients = urls.flatMap(url => this.#polls.get(url)?.client ?? [])
    const { equal, text } = await this.#options.verify(clients.map(client => client.with({ timeoutMs: CHANGE_MS })))
    this.tell({ type: 'notice', level: equal ? 'info' : 'warn', text })
  }

  async #export(name: string, text: string): Promise<void> {
    try {
      this.tell({ type: 'notice', level: 'info', text: `written: ${await this.#options.save(name, text)}` })
    } catch (error) {
      this.tell({ type: 'notice', level: 'warn', text: `could not be written: ${String(error)}` })
    }
  }
}
