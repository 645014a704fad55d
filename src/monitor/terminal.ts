import type { Hit } from './frame.ts'
import type { Line } from './line.ts'
import type { Message, Size, Theme } from './model.ts'
import { painted } from './theme.ts'

/** A terminal that shows lines and tells keys. Only this file knows blessed, so that a fork can take its place. */
export interface Screen {
  readonly size: Size
  draw(lines: readonly Line[], theme: Theme, hits: readonly Hit[]): void
  mouse(on: boolean): void
  redraw(): void
  suspend(): void
  bell(): void
  /** Into the clipboard, where the terminal lets programs do that (OSC 52). */
  copy(text: string): void
  close(): void
}

/** Bytes that are copied, at most: terminals drop more, some of them all of it. */
const COPY_MAX = 64 * 1024
/** ms of its own time after which a dashboard that was to be suspended goes on. */
const WOKEN_MS = 300
/** Clicks and the wheel, on screens of any width. */
const CLICKS = { vt200Mouse: true, sgrMouse: true }
/** Rows that a turn of the wheel moves. */
const WHEEL_ROWS = 3

/** Takes over the terminal of this process, until `close`. `tell` hears of keys, clicks and sizes. */
export async function openScreen(tell: (message: Message) => void): Promise<Screen> {
  // Before blessed is loaded: else it draws boxes with ACS under UTF-8 too (management BL-04).
  process.env['NCURSES_NO_UTF8_ACS'] = '1'
  const { default: blessed } = await import('blessed')
  // The entries of many terminals are unknown to it, or spoil the screen; its own one suits them all (BL-03).
  const terminal = process.env['TERM'] === 'linux' ? 'linux' : 'xterm-256color'
  // @types/blessed knows neither `enter` nor `leave`: to the alternate screen, and from it.
  const screen = blessed.screen({
    smartCSR: true,
    fullUnicode: true,
    warnings: false,
    terminal,
  }) as ReturnType<typeof blessed.screen> & { enter(): void; leave(): void }
  const box = blessed.box({ parent: screen, top: 0, left: 0, width: '100%', height: '100%', tags: false, wrap: false })
  const { program } = screen
  let hits: readonly Hit[] = []
  let [mouse, suspended] = [false, false]

  program.on('keypress', (character: string | undefined, key: { readonly full?: string; readonly name?: string }) => {
    const name = keyName(character, key)
    if (name !== null) tell({ type: 'key', key: name })
  })
  program.on('mouse', (event: { readonly action: string; readonly x: number; readonly y: number }) => {
    if (event.action === 'wheelup' || event.action === 'wheeldown')
      tell({ type: 'wheel', by: event.action === 'wheelup' ? -WHEEL_ROWS : WHEEL_ROWS })
    if (event.action !== 'mousedown') return
    const hit = hits.find(({ y, from, to }) => y === event.y && event.x >= from && event.x < to)
    if (hit !== undefined) tell({ type: 'pick', what: hit.target })
  })
  const sizeNow = (): Size => ({ width: Number(screen.width), height: Number(screen.height) })
  screen.on('resize', () => tell({ type: 'resize', size: sizeNow() }))

  const resume = (): void => {
    suspended = false
    process.stdin.setRawMode(true)
    screen.enter()
    if (mouse) program.setMouse(CLICKS, true)
    screen.alloc()
    screen.render()
  }

  return {
    get size() {
      return sizeNow()
    },
    draw(lines, theme, targets) {
      hits = targets
      if (suspended) return
      box.setContent(lines.map(line => painted(line, theme)).join('\n'))
      screen.render()
    },
    mouse(on) {
      mouse = on
      if (on) program.setMouse(CLICKS, true)
      else program.disableMouse()
    },
    redraw() {
      screen.alloc()
      screen.render()
    },
    suspend() {
      suspended = true
      program.disableMouse()
      // Not blessed's own: it throws away what leaves the alternate screen, which is still in its buffer.
      screen.leave()
      process.stdin.setRawMode(false)
      process.once('SIGCONT', resume)
      process.kill(process.pid, 'SIGTSTP')
      // Where no shell could wake it, nothing stops a process (POSIX: orphaned process groups): then it goes on at once.
      setTimeout(() => process.kill(process.pid, 'SIGCONT'), WOKEN_MS)
    },
    bell() {
      process.stdout.write('\x07')
    },
    copy(text) {
      const encoded = Buffer.from(text, 'utf8').subarray(0, COPY_MAX).toString('base64')
      process.stdout.write(`\x1b]52;c;${encoded}\x07`)
    },
    close() {
      program.disableMouse()
      screen.destroy()
      // blessed leaves it flowing, which keeps the process alive.
      process.stdin.pause()
    },
  }
}

/** As the key table names it; null: it is told twice, or is none. */
function keyName(
  character: string | undefined,
  { full, name }: { readonly full?: string; readonly name?: string },
): string | null {
  // Return is told as `enter` too.
  if (name === 'return' || name === 'linefeed') return null
  if (character === ' ') return 'space'
  const printable = character !== undefined && !/[\p{C}\p{Zl}\p{Zp}]/u.test(character)
  return printable ? character : (full ?? null)
}
