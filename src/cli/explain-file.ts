import type { Terminal } from './cli.ts'
export const EXPLAIN_FILE_HELP = ''
export async function explainFile(_terminal: Terminal, _args: readonly string[]): Promise<number> {
  return 2
}
