import { textOf } from '../../src/monitor/line.ts'
import type { Message, Size } from '../../src/monitor/model.ts'
import type { Screen } from '../../src/monitor/terminal.ts'
import { watch, type WatchOptions } from '../../src/monitor/watch.ts'
import { NodeClient } from '../../src/admin/admin.ts'
import { deadlineMs } from '../contract/world.ts'

/** A terminal that a test looks at. */
export class TestScreen implements Screen {
  readonly size: Size = { width: 120, height: 40 }
  frame = ''
  copied = ''
  readonly saved: string[] = []
  ended: Promise<number> = Promise.resolve(-1)
  #tell: (message: Message) => void = () => {}
  #drawn: () => void = () => {}

  /** Opens the dashboard on it. */
  static open(urls: readonly string[], options: Partial<WatchOptions> = {}): TestScreen {
    const screen = new TestScreen()
    const all: WatchOptions = {
      clients: urls.map(url => new NodeClient(url)),
      intervalMs: 500,
      readOnly: false,
      mouse: false,
      bell: false,
      mono: true,
      ascii: false,
      save: (name, text) => {
        screen.saved.push(text)
        return Promise.resolve(name)
      },
      verify: () => Promise.resolve({ equal: true, text: 'equal' }),
      onStop: () => undefined,
      ...options,
    }
    screen.ended = watch(all, screen.opener)
    return screen
  }

  /** What `watch` opens instead of the terminal. */
  readonly opener: Parameters<typeof watch>[1] = tell => {
    this.#tell = tell
    return Promise.resolve(this)
  }

  press(...keys: readonly string[]): this {
    for (const key of keys) this.#tell({ type: 'key', key })
    return this
  }

  /** Waits until the screen shows it. */
  async shows(pattern: RegExp): Promise<string> {
    const late = setTimeout(() => this.#drawn(), deadlineMs)
    const until = performance.now() + deadlineMs
    try {
      while (!pattern.test(this.frame)) {
        if (performance.now() >= until) throw new Error(`the screen never showed ${pattern}:\n${this.frame}`)
        await new Promise<void>(resolve => (this.#drawn = resolve))
      }
      return this.frame
    } finally {
      clearTimeout(late)
    }
  }

  draw(lines: Parameters<Screen['draw']>[0]): void {
    this.frame = lines.map(textOf).join('\n')
    this.#drawn()
  }
  copy(text: string): void {
    this.copied = text
  }
  mouse(): void {}
  redraw(): void {}
  suspend(): void {}
  bell(): void {}
  close(): void {}
}
