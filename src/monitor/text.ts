/**
 * What may not reach a terminal: control characters of both sets, marks that reorder or hide text, lone surrogates. Further
 * all whose width terminals disagree about: combining marks, emoji, everything beyond the first plane.
 */
const HOSTILE =
  /[\p{C}\p{Zl}\p{Zp}\p{M}\p{Default_Ignorable_Code_Point}\p{Emoji_Presentation}]|[\u{10000}-\u{10ffff}]/gu
/** ASCII, and what the dashboard itself draws with: most of what is shown, and known to be harmless. */
const HARMLESS = /^[\x20-\x7e\u2026\u2190-\u2193\u2500-\u259f\u25c4]*$/
/** Takes two cells. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/gu

/**
 * Text of a broker as it may be shown on one line: each character that could move the cursor, reorder, hide or widen
 * stands as `\ufffd`, so that two names that differ never look the same by its absence.
 */
export function printable(text: string): string {
  if (HARMLESS.test(text)) return text
  return text
    .normalize('NFC')
    .replace(/[\t\u00a0\u2000-\u200a\u202f\u205f]/g, ' ')
    .replace(HOSTILE, '\ufffd')
}

/** Cells that a printable text takes. */
export function widthOf(text: string): number {
  if (HARMLESS.test(text)) return text.length
  return text.length + (text.match(WIDE)?.length ?? 0)
}

/** At most `width` cells; what is cut off is told by `…`. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  if (width <= 0) return ''
  let [kept, used] = ['', 0]
  for (const character of text) {
    const cells = widthOf(character)
    if (used + cells > width - 1) break
    kept += character
    used += cells
  }
  return `${kept}…`
}

/** Exactly `width` cells: cut, or filled with blanks behind. */
export function left(text: string, width: number): string {
  const fitting = cut(text, width)
  return fitting + ' '.repeat(Math.max(0, width - widthOf(fitting)))
}

/** Exactly `width` cells: cut, or filled with blanks before. */
export function right(text: string, width: number): string {
  const fitting = cut(text, width)
  return ' '.repeat(Math.max(0, width - widthOf(fitting))) + fitting
}

/** Lines of at most `width` cells, broken at blanks where there are any. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let [line, used] = ['', 0]
  for (const word of text.split(' ')) {
    const parts = pieces(word, width)
    for (const [i, part] of parts.entries()) {
      const cells = widthOf(part)
      if (i > 0 || (line !== '' && used + 1 + cells > width)) {
        lines.push(line)
        ;[line, used] = [part, cells]
      } else if (line === '') [line, used] = [part, cells]
      else [line, used] = [`${line} ${part}`, used + 1 + cells]
    }
  }
  return [...lines, line]
}

/** A word in pieces that fit. */
function pieces(word: string, width: number): readonly string[] {
  if (word.length * 2 <= width) return [word]
  const found: string[] = []
  let [piece, used] = ['', 0]
  for (const character of word) {
    const cells = widthOf(character)
    if (used + cells > width && piece !== '') {
      found.push(piece)
      ;[piece, used] = ['', 0]
    }
    piece += character
    used += cells
  }
  return [...found, piece]
}
