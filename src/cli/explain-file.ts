import { formatFinding, readConfig } from '../config/config.ts'
import type { Arguments, Options } from './arguments.ts'
import type { Terminal } from './cli.ts'

/** Options of `explain FILE` besides --json. */
export const EXPLAIN_FILE_OPTIONS: Options = {}

/** `explain FILE`: the model that a file becomes, as JSON, without its secrets; the findings go to stderr. */
export async function explainFile(terminal: Terminal, { rest, properties }: Arguments): Promise<number> {
  const { model, findings } = await readConfig(rest[0] ?? '', { properties, env: terminal.env, cwd: terminal.cwd })
  for (const finding of findings) if (finding.severity !== 'accept') terminal.err(`${formatFinding(finding)}\n`)
  const hidden = (key: string, value: unknown): unknown =>
    /password/i.test(key) && typeof value === 'string' ? '(hidden)' : value
  if (model !== null) terminal.out(`${JSON.stringify(model, hidden, 2)}\n`)
  return findings.some(({ severity }) => severity !== 'accept') ? 1 : 0
}
