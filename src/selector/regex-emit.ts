import { SELECTOR_LIMITS } from './limits.ts'
import { RegexError } from './regex-error.ts'
import type { Instruction } from './regex-match.ts'
import type { Piece } from './regex-piece.ts'

/** Writes a regular expression out as instructions, its counted repetitions in full. Throws `RegexError` beyond the limit. */
export function programOf(piece: Piece): readonly Instruction[] {
  const program: Instruction[] = []
  emit(piece, program)
  push(program, { op: 'match' })
  return program
}

function push(program: Instruction[], instruction: Instruction): number {
  if (program.length >= SELECTOR_LIMITS.states) throw new RegexError('too large once its repetitions are written out')
  return program.push(instruction) - 1
}

function emit(piece: Piece, program: Instruction[]): void {
  switch (piece.type) {
    case 'char':
      push(program, { op: 'char', accepts: piece.accepts })
      return
    case 'assert':
      push(program, { op: 'assert', holds: piece.holds })
      return
    case 'sequence':
      for (const part of piece.pieces) emit(part, program)
      return
    case 'choice':
      emitChoice(piece.pieces, program)
      return
    case 'group':
      push(program, { op: 'save', slot: 2 * piece.index })
      emit(piece.piece, program)
      push(program, { op: 'save', slot: 2 * piece.index + 1 })
      return
    case 'repeat':
      emitRepeat(piece, program)
      return
    default:
      piece satisfies never
  }
}

function emitChoice(options: readonly Piece[], program: Instruction[]): void {
  const jumps: number[] = []
  for (const [i, option] of options.entries()) {
    if (i === options.length - 1) emit(option, program)
    else {
      const split = push(program, { op: 'jump', to: 0 })
      emit(option, program)
      jumps.push(push(program, { op: 'jump', to: 0 }))
      program[split] = { op: 'split', first: split + 1, second: program.length }
    }
  }
  for (const jump of jumps) program[jump] = { op: 'jump', to: program.length }
}

function emitRepeat(repeat: Piece & { readonly type: 'repeat' }, program: Instruction[]): void {
  const { piece, least, most, lazy } = repeat
  const splitAt = (at: number, inner: number, outer: number): void => {
    program[at] = { op: 'split', first: lazy ? outer : inner, second: lazy ? inner : outer }
  }
  for (let i = 0; i < least; i++) {
    const size = program.length
    emit(piece, program)
    if (program.length === size) break
  }
  if (most === Number.POSITIVE_INFINITY) {
    const split = push(program, { op: 'jump', to: 0 })
    emit(piece, program)
    push(program, { op: 'jump', to: split })
    splitAt(split, split + 1, program.length)
    return
  }
  const splits: number[] = []
  for (let i = least; i < most; i++) {
    splits.push(push(program, { op: 'jump', to: 0 }))
    emit(piece, program)
  }
  for (const split of splits) splitAt(split, split + 1, program.length)
}
