import { styleText } from 'node:util'
import { plain, type Paint } from '../inspect/inspect.ts'
import type { Terminal } from './cli.ts'

/** Colours on a terminal only, and never with NO_COLOR or TERM=dumb (management TU-07). */
export function paintFor({ env }: Terminal): Paint {
  const unwanted = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  if (unwanted || !process.stdout.isTTY) return plain
  return {
    error: text => styleText(['bold', 'red'], text),
    warning: text => styleText('yellow', text),
    note: text => styleText('cyan', text),
    place: text => styleText('bold', text),
    faint: text => styleText('dim', text),
  }
}

/** Columns of the terminal that the answer goes to; null: it goes to a file or a pipe. */
export const terminalWidth = (): number | null => (process.stdout.isTTY ? process.stdout.columns : null)

/** Somebody sits at it, and it can show a screen. */
export const isInteractive = ({ env }: Terminal): boolean =>
  process.stdout.isTTY && process.stdin.isTTY && env['TERM'] !== 'dumb'
