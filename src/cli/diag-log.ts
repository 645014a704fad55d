import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { CODES } from '../base/codes.ts'
import { EVENTS } from '../base/event-codes.ts'
import { isObject } from '../admin/admin.ts'
import { visible } from './visible.ts'

/** Bytes at the end of the file that are looked at, and lines of them that are shown, at most. */
const BYTES_MAX = 1 << 20
const LINES_MAX = 300

/**
 * The last lines of a log that tell what happened to the broker. What somebody asked to be written as it is, a trace of
 * frames or the logging plugin, has no code and may hold what clients sent: such lines are left out, and counted; so are
 * those that hold one of `secrets`. Throws when the file cannot be read.
 */
export function logText(path: string, secrets: readonly string[]): string {
  const lines = tailOf(path)
  // A line of JSON has a quote in it escaped.
  const kept = secrets.flatMap(secret => [secret, JSON.stringify(secret).slice(1, -1)])
  const shown: string[] = []
  let left = 0
  let before = false
  for (const line of lines) {
    // The next step of a line for people stands below it.
    const known: boolean = hasCode(line) || (before && /^ {2}\S/.test(line))
    before = known && !kept.some(secret => line.includes(secret))
    if (before) shown.push(visible(line))
    else left++
  }
  const told = shown.slice(-LINES_MAX)
  return [`the last ${told.length} lines with a code; ${left} others are left out`, ...told].join('\n')
}

function tailOf(path: string): readonly string[] {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const from = Math.max(0, size - BYTES_MAX)
    const bytes = Buffer.alloc(size - from)
    const got = readSync(file, bytes, 0, bytes.length, from)
    const lines = bytes
      .toString('utf8', 0, got)
      .split('\n')
      .filter(line => line !== '')
    return from === 0 ? lines : lines.slice(1)
  } finally {
    closeSync(file)
  }
}

const isCode = (word: unknown): boolean =>
  typeof word === 'string' && (Object.hasOwn(CODES, word) || Object.hasOwn(EVENTS, word))

/** `tcp://…:1234 > SEND header:value …`: a trace, whose values a client may let end as our lines do. */
const TRACE = /:\/\/\S+ > [A-Z]+ /

function hasCode(line: string): boolean {
  if (line.startsWith('{')) {
    try {
      const value: unknown = JSON.parse(line)
      return isObject(value) && isCode(value['code'])
    } catch {
      return false
    }
  }
  if (TRACE.test(line)) return false
  // As people read it, and as log4j wrote it.
  return isCode((/ \[([A-Z_]+)\]$/.exec(line) ?? / \| tandemmq\.([A-Z_]+) \| \w+$/.exec(line))?.[1])
}
