/** One place of a text that becomes another: `text.slice(start, end)` is replaced. Equal offsets insert. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Applies edits that do not overlap. Two insertions at one place stay in their order. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let out = ''
  let from = 0
  for (const edit of sorted(edits)) {
    out += text.slice(from, edit.start) + edit.text
    from = edit.end
  }
  return out + text.slice(from)
}

const sorted = (edits: readonly Edit[]): readonly Edit[] => edits.toSorted((a, b) => a.start - b.start || a.end - b.end)

/** Do these touch one another? Neighbours that only meet do not. */
export const overlaps = (a: Edit, b: Edit): boolean =>
  a.start === b.start && a.end === a.start && b.end === b.start ? true : a.start < b.end && b.start < a.end

type Piece = { readonly from: number; readonly to: number } | { readonly added: string }

const lengthOf = (piece: Piece): number => ('added' in piece ? piece.added.length : piece.to - piece.from)

/**
 * A text that is edited in several rounds and still knows which characters are the original's, and where they stood:
 *
 *   original   <broker masterConnectorURI="…">
 *   pieces     [0,8) + "activeConnectorURI" + [26,…)
 */
export class Draft {
  readonly original: string
  #pieces: readonly Piece[]
  #text: string

  constructor(original: string) {
    this.original = original
    this.#pieces = original === '' ? [] : [{ from: 0, to: original.length }]
    this.#text = original
  }

  get text(): string {
    return this.#text
  }

  /** The draft as it is now, which later edits of the other leave alone. */
  copy(): Draft {
    const copy = new Draft(this.original)
    copy.#pieces = this.#pieces
    copy.#text = this.#text
    return copy
  }

  /** `edits` count in the present text and do not overlap. */
  apply(edits: readonly Edit[]): void {
    const pieces: Piece[] = []
    let from = 0
    for (const edit of sorted(edits)) {
      pieces.push(...this.#cut(from, edit.start))
      if (edit.text !== '') pieces.push({ added: edit.text })
      from = edit.end
    }
    pieces.push(...this.#cut(from, this.#text.length))
    this.#text = applyEdits(this.#text, edits)
    this.#pieces = pieces
  }

  /** Where a character of the present text stood in the original; for an added one, where it was put in. */
  originalOffset(offset: number): number {
    let at = 0
    let last = 0
    for (const piece of this.#pieces) {
      const length = lengthOf(piece)
      if ('added' in piece) {
        if (offset < at + length) return last
      } else {
        if (offset < at + length) return piece.from + offset - at
        last = piece.to
      }
      at += length
    }
    return last
  }

  /** All that was changed, in the original's offsets. */
  edits(): readonly Edit[] {
    const edits: Edit[] = []
    let start = 0
    let text = ''
    const close = (end: number): void => {
      if (this.original.slice(start, end) !== text) edits.push({ start, end, text })
      text = ''
    }
    for (const piece of this.#pieces) {
      if ('added' in piece) text += piece.added
      else {
        close(piece.from)
        start = piece.to
      }
    }
    close(this.original.length)
    return edits
  }

  #cut(start: number, end: number): readonly Piece[] {
    const out: Piece[] = []
    let at = 0
    for (const piece of this.#pieces) {
      const low = Math.max(start - at, 0)
      const high = Math.min(end - at, lengthOf(piece))
      if (low < high)
        out.push(
          'added' in piece
            ? { added: piece.added.slice(low, high) }
            : { from: piece.from + low, to: piece.from + high },
        )
      at += lengthOf(piece)
    }
    return out
  }
}
