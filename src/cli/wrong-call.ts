import type { Terminal } from './cli.ts'

/** Says on stderr what is wrong with a call, how the verb is called, and where its help is, which would push that off the screen. */
export function wrongCall(terminal: Terminal, call: string, help: string, message: string): void {
  const [usage = ''] = help.split('\n\n')
  const [verb = ''] = call.split(' ')
  terminal.err(`tandemmq ${call}: ${message}\n\n${usage}\nAll options: tandemmq ${verb} --help\n`)
}
