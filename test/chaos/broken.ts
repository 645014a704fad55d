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
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-broken-'))
  for (const name of ['bin', 'schemas', 'package.json', join('dist', 'src')]) {
    cpSync(join(root, name), join(directory, name), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  const remove = (): void => rmSync(directory, { recursive: true, force: true })
  try {
    for (const fault of faults) inject(join(directory, 'dist', 'src', fault.file), fault)
  } catch (error) {
    remove()
    throw error
  }
  return { program: join(directory, 'bin', 'tandemmq.js'), remove }
}

function inject(path: string, { file, find, replace }: Fault): void {
  const text = readFileSync(path, 'utf8')
  const found = text.split(find).length - 1
  if (found !== 1)
    throw new Error(`${file}: "${find}" occurs ${found} times, expected once: the fault must be put elsewhere`)
  writeFileSync(
    path,
    text.replace(find, () => replace),
  )
}
