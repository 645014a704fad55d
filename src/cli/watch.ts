import { setTimeout as sleep } from 'node:timers/promises'
import { UsageError, type Arguments, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { durationMs } from './duration.ts'

/** The option of every verb that can be watched (management TU-08). */
export const WATCH_OPTIONS: Options = { watch: { type: 'string' } }

/**
 * Answers once, or with `--watch 2s` again and again until Ctrl-C, each time as a whole; the exit code is that of the
 * last answer. Throws UsageError.
 */
export async function repeated(
  terminal: Terminal,
  { values }: Pick<Arguments, 'values'>,
  answer: (terminal: Terminal) => Promise<number>,
): Promise<number> {
  const asked = values.get('watch')
  if (asked === undefined) return answer(terminal)
  const everyMs = durationMs('--watch', asked)
  if (everyMs === 0) throw new UsageError(`--watch ${asked} would not rest between two requests; write 2s`)
  const stop = new AbortController()
  const { signal } = stop
  terminal.onStop(() => stop.abort())
  // In a stream of YAML each answer is a document of its own.
  const between = process.stdout.isTTY ? '\u001b[H\u001b[2J' : values.get('output') === 'yaml' ? '---\n' : '\n'
  for (let before = ''; ; before = between) {
    let text = ''
    const code = await answer({ ...terminal, out: more => void (text += more) })
    terminal.out(`${before}${text}`)
    await sleep(everyMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return code
  }
}
