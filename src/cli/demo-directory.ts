import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

const PREFIX = 'tandemmq-demo-'
/** Of whom a demonstration's directory is: the machine and the process. */
const OWNER = 'owner'

/** A directory of its own for a demonstration. What one that was killed has left behind is removed: it could not do that itself. */
export function demoDirectory(parent: string): string {
  for (const name of readdirSync(parent)) if (name.startsWith(PREFIX)) removeOrphan(join(parent, name))
  const directory = mkdtempSync(join(parent, PREFIX))
  writeFileSync(join(directory, OWNER), `${hostname()} ${process.pid}\n`)
  return directory
}

/**
 * Not what another machine or container has put there, whose processes are not to be seen from here; and nothing of another
 * user, who could exchange what is in it while it is removed.
 */
function removeOrphan(directory: string): void {
  try {
    const found = lstatSync(directory)
    if (!found.isDirectory() || (process.getuid !== undefined && found.uid !== process.getuid())) return
    const [host, pid] = readFileSync(join(directory, OWNER), 'utf8').trim().split(' ')
    if (host === hostname() && Number(pid) > 0 && !lives(Number(pid)))
      rmSync(directory, { recursive: true, force: true })
  } catch {
    // It names nobody, or is somebody else's: it stays.
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}
