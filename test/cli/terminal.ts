import { main, type Terminal } from '../../src/cli/cli.ts'
import { temporary } from '../temporary.ts'

export interface Answer {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** One call of the command inside this process, for verbs that only read and print. */
export async function call(
  args: readonly string[],
  cwd: string = temporary('cli'),
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

/** As `tandem` of process.ts, for what does not need a process: a call in this one, which costs a tenth. */
export const tandem = (
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Answer> => call(args, cwd, { env: { TANDEMMQ_LOG: 'pretty', ...env } })
