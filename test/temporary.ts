import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const made: string[] = []
process.on('exit', () => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true })
})

/** A fresh directory, for helpers that know no test whose end they could wait for: it is gone when this process ends. */
export function temporary(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `tandemmq-${name}-`))
  made.push(directory)
  return directory
}
