import type { Accepts, Holds } from './regex-match.ts'

/** A part of a regular expression. */
export type Piece =
  | { readonly type: 'char'; readonly accepts: Accepts }
  | { readonly type: 'assert'; readonly holds: Holds }
  | { readonly type: 'sequence' | 'choice'; readonly pieces: readonly Piece[] }
  | {
      readonly type: 'repeat'
      readonly piece: Piece
      readonly least: number
      readonly most: number
      readonly lazy: boolean
    }
  | { readonly type: 'group'; readonly index: number; readonly piece: Piece }

/**
 * Whether the matcher finds the very places that Java finds. It does not for a repetition of something that would rather
 * match nothing, such as `(a*?)*` or `(|a)+`: Java leaves such a loop after an empty round, the matcher goes on. Whether
 * there is a match at all does not depend on it.
 */
export function hasExactSpans(piece: Piece): boolean {
  switch (piece.type) {
    case 'char':
    case 'assert':
      return true
    case 'sequence':
    case 'choice':
      return piece.pieces.every(hasExactSpans)
    case 'group':
      return hasExactSpans(piece.piece)
    case 'repeat':
      return hasExactSpans(piece.piece) && !(piece.most > 1 && isNullable(piece.piece) && prefersNothing(piece.piece))
    default:
      return piece satisfies never
  }
}

/** Whether it can match the empty text. */
function isNullable(piece: Piece): boolean {
  switch (piece.type) {
    case 'char':
      return false
    case 'assert':
      return true
    case 'sequence':
      return piece.pieces.every(isNullable)
    case 'choice':
      return piece.pieces.some(isNullable)
    case 'group':
      return isNullable(piece.piece)
    case 'repeat':
      return piece.least === 0 || isNullable(piece.piece)
    default:
      return piece satisfies never
  }
}

/** Whether a way that takes nothing may come before one that takes something. */
function prefersNothing(piece: Piece): boolean {
  switch (piece.type) {
    case 'char':
    case 'assert':
      return false
    case 'sequence':
      return piece.pieces.some(prefersNothing)
    case 'choice':
      return piece.pieces.some(prefersNothing) || piece.pieces.slice(0, -1).some(isNullable)
    case 'group':
      return prefersNothing(piece.piece)
    case 'repeat':
      return piece.lazy || prefersNothing(piece.piece)
    default:
      return piece satisfies never
  }
}
