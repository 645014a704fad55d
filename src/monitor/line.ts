import { cut, left, printable, widthOf } from './text.ts'

/**
 * What a piece of the screen means; a theme gives it a colour. Each is told by a word or a sign as well, so that nothing
 * is lost without colours (management BL-10).
 */
export type Role = 'plain' | 'ok' | 'warn' | 'crit' | 'dim' | 'accent' | 'title' | 'reverse' | 'alarm'

export interface Span {
  readonly text: string
  readonly role: Role
}

/** One line of the screen. */
export type Line = readonly Span[]

/** A line of pieces: a string is plain, a pair is text and role. What a broker wrote is made printable here. */
export function line(...parts: readonly (string | readonly [string, Role])[]): Line {
  return parts.map(part =>
    typeof part === 'string' ? { text: printable(part), role: 'plain' } : { text: printable(part[0]), role: part[1] },
  )
}

export const lengthOf = (spans: Line): number => spans.reduce((sum, { text }) => sum + widthOf(text), 0)

/** Exactly `width` cells: the last pieces are cut, or blanks follow. */
export function fit(spans: Line, width: number): Line {
  const kept: Span[] = []
  let room = width
  for (const span of spans) {
    if (room <= 0) break
    const text = cut(span.text, room)
    kept.push({ ...span, text })
    room -= widthOf(text)
  }
  return room > 0 ? [...kept, { text: ' '.repeat(room), role: 'plain' }] : kept
}

/** `start` at the left edge, `end` at the right one; where both do not fit, `start` is cut. */
export function ends(start: Line, end: Line, width: number): Line {
  const room = width - lengthOf(end)
  return room <= 0 ? fit(end, width) : [...fit(start, room), ...end]
}

/** Two blocks side by side; the shorter one is filled up. */
export function beside(a: readonly Line[], b: readonly Line[], aWidth: number, bWidth: number): readonly Line[] {
  const height = Math.max(a.length, b.length)
  return Array.from({ length: height }, (_, i) => [...fit(a[i] ?? [], aWidth), ...fit(b[i] ?? [], bWidth)])
}

/**
 * A frame around lines: the head in its upper edge, `mark` at that edge's right end. Exactly `width` cells wide and
 * `height` lines high, the edges included.
 */
export function box(head: Line, mark: Line, lines: readonly Line[], width: number, height: number): readonly Line[] {
  const inner = width - 4
  const top: Line =
    lengthOf(head) === 0
      ? line('┌', '─'.repeat(width - 2), '┐')
      : [...line('┌─ '), ...titled(head, mark, width - 6), ...line(lengthOf(mark) === 0 ? '──┐' : ' ─┐')]
  const body = Array.from({ length: Math.max(0, height - 2) }, (_, i) => [
    ...line('│ '),
    ...fit(lines[i] ?? [], inner),
    ...line(' │'),
  ])
  return [fit(top, width), ...body, line(`└${'─'.repeat(width - 2)}┘`)]
}

/** `head ────── mark`. */
function titled(head: Line, mark: Line, width: number): Line {
  const room = width - lengthOf(mark) - (lengthOf(mark) === 0 ? 1 : 2)
  const shown = lengthOf(head) > room ? fit(head, Math.max(0, room)) : head
  const dashes = Math.max(0, room - lengthOf(shown))
  return [...shown, ...line(` ${'─'.repeat(dashes)}${lengthOf(mark) === 0 ? '' : ' '}`), ...mark]
}

/** Blanks between columns of texts of these widths. */
export const columns = (cells: readonly (readonly [string, number])[]): string =>
  cells.map(([text, width]) => left(text, width)).join(' ')

/** The characters alone. */
export const textOf = (spans: Line): string => spans.map(({ text }) => text).join('')

const ASCII: ReadonlyMap<string, string> = new Map([
  ...Array.from('┌┐└┘').map(corner => [corner, '+'] as const),
  ...Array.from('▁▂▃▄▅▆▇█').map((block, i) => [block, ' .:-=+*#'[i] ?? ' '] as const),
  ...(['│|', '─-', '…~', '◄<', '▸>', '▾v', '▲^', '▼v', '↵>', '·.'].map(pair => [pair[0] ?? '', pair[1] ?? '']) as [
    string,
    string,
  ][]),
])

/** As a terminal without Unicode shows it (management UL-07); every piece keeps its width. */
export const ascii = (spans: Line): Line =>
  spans.map(({ text, role }) => ({
    text: text.replace(/[^\x20-\x7e]/g, one => ASCII.get(one) ?? '?'.repeat(widthOf(one))),
    role,
  }))
