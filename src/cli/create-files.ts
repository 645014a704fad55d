import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Why nothing can be made there, or null: it does not exist, or holds nothing. */
export function occupied(directory: string): 'not empty' | 'not a directory' | null {
  const found = lstatSync(directory, { throwIfNoEntry: false })
  if (found === undefined) return null
  if (!statSync(directory).isDirectory()) return 'not a directory'
  return readdirSync(directory).length === 0 ? null : 'not empty'
}

/** Files of passwords that create makes. */
const SECRET = /(?:credentials|jetty-realm)\.properties$/

/** What create made, by path: the SHA-256 of its bytes. So it knows later what nobody changed. */
const MANIFEST = '.tandemmq-instance.json'

interface Manifest {
  readonly format: 1
  readonly files: Readonly<Record<string, string>>
}

/** An instance while it is made. Never writes over what somebody else wrote. */
export class Instance {
  readonly #directory: string
  readonly #before: Manifest['files']
  readonly #files: Record<string, string> = {}
  readonly made: string[] = []
  readonly kept: string[] = []

  constructor(directory: string) {
    this.#directory = directory
    this.#before = readManifest(join(directory, MANIFEST))
  }

  directory(name: string): void {
    mkdirSync(join(this.#directory, name), { recursive: true })
  }

  write(path: string, content: string | Uint8Array, mode: number): void {
    const at = join(this.#directory, path)
    const there = lstatSync(at, { throwIfNoEntry: false })
    if (there !== undefined) {
      const own = there.isFile() && this.#before[path] === hash(readFileSync(at))
      // New passwords would shut out every client that has the old ones.
      if (!own || SECRET.test(path)) return this.#keep(path, own)
    }
    // No moment in which others could read it: the mode is there from the beginning.
    writeFileSync(at, content, { mode, flag: there === undefined ? 'wx' : 'w' })
    chmodSync(at, mode)
    this.#files[path] = hash(content)
    this.made.push(path)
  }

  #keep(path: string, own: boolean): void {
    const before = this.#before[path]
    if (before !== undefined) this.#files[path] = before
    if (!own) this.kept.push(path)
  }

  finish(): void {
    const manifest: Manifest = { format: 1, files: { ...this.#before, ...this.#files } }
    const path = join(this.#directory, MANIFEST)
    // A weak password could be guessed from the sum of the file that holds it.
    writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 })
    chmodSync(path, 0o600)
  }
}

const hash = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')

function readManifest(path: string): Manifest['files'] {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof value !== 'object' || value === null || !('files' in value)) return {}
    const { files } = value
    if (typeof files !== 'object' || files === null) return {}
    return Object.fromEntries(Object.entries(files).filter(([, sum]) => typeof sum === 'string')) as Manifest['files']
  } catch {
    return {}
  }
}

/** What stands in a conf directory and is read by name, though no line of the XML names it. */
const USUAL = [
  'credentials.properties',
  'credentials-enc.properties',
  'login.config',
  'users.properties',
  'groups.properties',
  'jetty-realm.properties',
  'jolokia-access.xml',
]
/** What names files of its own. */
const NAMING = ['login.config', 'jetty.xml', 'jetty-spring.xml']

export interface Companion {
  readonly name: string
  readonly text: Uint8Array
  readonly mode: number
}

/** The files beside a template that it needs: the usual ones, and those that it, its login.config or jetty.xml names. */
export function companionsOf(template: string): readonly Companion[] {
  const beside = dirname(template)
  const files = readdirSync(beside, { withFileTypes: true })
    .map(({ name }) => name)
    .filter(name => name !== basename(template) && name !== 'activemq.xml')
    .filter(name => statSync(join(beside, name), { throwIfNoEntry: false })?.isFile() === true)
  const texts = [basename(template), ...files.filter(name => NAMING.includes(name))]
  const said = texts.map(name => readFileSync(join(beside, name), 'utf8')).join('\n')
  return files
    .filter(name => USUAL.includes(name) || named(said, name))
    .map(name => ({ name, text: readFileSync(join(beside, name)), mode: 0o600 }))
}

/** As a whole file name: `a.ks` is not named by `data.ks`. */
function named(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const [before = ' ', after = ' '] = [text[at - 1], text[at + name.length]]
    if (!/[\w.-]/.test(before) && !/[\w-]/.test(after)) return true
  }
  return false
}
