import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main, type Terminal } from '../../src/cli/cli.ts'

export interface Answer {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** One call of the command inside this process, for verbs that only read and print. */
export async function call(
  args: readonly string[],
  cwd: string = mkdtempSync(join(tmpdir(), 'tandemmq-')),
  more: Partial<Terminal> = {},
): Promise<Answer> {
  let [out, err] = ['', '']
  const code = await main({
    args,
    env: {},
    cwd,
    version: 'test',
    out: text => void (out += text),
    err: text => void (err += text),
    onStop: () => undefined,
    ...more,
  })
  return { code, out, err }
}
