import type { Position } from '../base/errors.ts'
import { unmask } from './mask.ts'
import type { LineTable } from './places.ts'

/** A piece of text between two children, as written, trimmed. */
export interface TextRun {
  readonly text: string
  readonly at: Position
}

interface Extent {
  readonly start: number
  readonly end: number
}

/** What stands between the children of one element and is neither blank, comment nor processing instruction. */
export function runsOf(
  text: string,
  { open, close }: { readonly open: number; readonly close: number },
  children: readonly { readonly span: Extent }[],
  lines: LineTable,
): readonly TextRun[] {
  const runs: TextRun[] = []
  let from = open
  for (const { span } of [...children, { span: { start: close, end: close } }]) {
    const kept = withoutComments(text.slice(from, span.start))
    const lead = kept.length - kept.trimStart().length
    if (kept.trim() !== '') runs.push({ text: unmask(kept.trim()), at: lines.at(from + lead) })
    from = span.end
  }
  return runs
}

/** Blanks in their place, so that offsets stay. */
const withoutComments = (text: string): string =>
  text.replace(/<!--[^]*?-->|<\?[^]*?\?>/g, one => ' '.repeat(one.length))
