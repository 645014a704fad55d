import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One line of the built program, replaced by a wrong one. */
export interface Fault {
  /** Under dist/src/. */
  readonly file: string
  /** Occurs exactly once in that file, or the build is refused: a fault that is not there proves nothing. */
  readonly find: string
  readonly replace: string
}

export interface BrokenBuild {
  /** Its command, for PairOptions.program. */
  readonly program: string
  remove(): void
}

/** Tests run from dist/test/chaos/. */
const root = fileURLToPath(new URL('../../../', import.meta.url))

/** A copy of this build with faults in it. The program itself holds no switches for faults: it is another program. */
export function breakBuild(faults: readonly Fault[]): BrokenBuild {
  for (const fault of faults) broken(readFileSync(join(root, 'dist', 'src', fault.file), 'utf8'), fault)
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-broken-'))
  for (const name of ['bin', 'schemas', 'package.json', join('dist', 'src')])
    cpSync(join(root, name), join(directory, name), { recursive: true, filter: path => !UNREAD.test(path) })
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  for (const fault of faults) {
    const path = join(directory, 'dist', 'src', fault.file)
    writeFileSync(path, broken(readFileSync(path, 'utf8'), fault))
  }
  return {
    program: join(directory, 'bin', 'tandemmq.js'),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** Two files of three in dist/, which no program loads. */
const UNREAD = /\.(?:d\.ts|map)$/

function broken(text: string, { file, find, replace }: Fault): string {
  const found = text.split(find).length - 1
  if (found !== 1)
    throw new Error(`${file}: "${find}" occurs ${found} times, expected once: the fault must be put elsewhere`)
  return text.replace(find, () => replace)
}
