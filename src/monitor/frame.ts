import { fit, lengthOf, type Line, type Span } from './line.ts'
import type { Target } from './model.ts'
import { widthOf } from './text.ts'

/** A part of a line that can be clicked: cells `from` to `to`, the last not included. */
export interface Hit {
  readonly y: number
  readonly from: number
  readonly to: number
  readonly target: Target
}

/** A whole screen. */
export interface Frame {
  readonly lines: readonly Line[]
  readonly hits: readonly Hit[]
}

/** The parts of a screen one below the other. */
export function stacked(frames: readonly Frame[]): Frame {
  const lines: Line[] = []
  const hits: Hit[] = []
  for (const frame of frames) {
    for (const hit of frame.hits) hits.push({ ...hit, y: hit.y + lines.length })
    lines.push(...frame.lines)
  }
  return { lines, hits }
}

export const plain = (lines: readonly Line[]): Frame => ({ lines, hits: [] })

/** Lines laid over others, in the middle of them. */
export function laidOver(below: readonly Line[], above: readonly Line[], width: number): readonly Line[] {
  const top = Math.max(0, Math.floor((below.length - above.length) / 2))
  return below.map((line, y) => {
    const over = above[y - top]
    return over === undefined ? line : splice(line, over, width)
  })
}

function splice(below: Line, over: Line, width: number): Line {
  const room = width - lengthOf(over)
  if (room <= 0) return over
  const before = Math.floor(room / 2)
  return [...part(below, 0, before), ...over, ...part(below, width - (room - before), width)]
}

/** Cells `from` to `to` of a line; half a wide character is a blank. */
function part(line: Line, from: number, to: number): Line {
  const found: Span[] = []
  let at = 0
  for (const { text, role } of line) {
    let kept = ''
    for (const character of text) {
      const end = at + widthOf(character)
      if (at >= from && end <= to) kept += character
      else if (end > from && at < to) kept += ' '
      at = end
    }
    if (kept !== '') found.push({ text: kept, role })
  }
  return fit(found, to - from)
}
