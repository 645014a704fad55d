import { spawn } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** The browser to use: `TANDEMMQ_CHROMIUM`, else the first of the usual names on the PATH; null when there is none. */
export function findChromium(): string | null {
  const given = process.env['TANDEMMQ_CHROMIUM']
  const paths = (process.env['PATH'] ?? '').split(delimiter)
  const candidates = given === undefined ? NAMES.flatMap(name => paths.map(path => join(path, name))) : [given]
  return candidates.find(isExecutable) ?? null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Opens a page in a browser without a window and without a past; `close` ends it. The one unknown certificate it takes is `pem`. */
export function openPage(
  program: string,
  url: string,
  pem: string,
): { close: () => Promise<void>; said: () => string } {
  const profile = mkdtempSync(join(tmpdir(), 'tandemmq-browser-'))
  const key = new X509Certificate(readFileSync(pem)).publicKey.export({ type: 'spki', format: 'der' })
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--disable-dev-shm-usage',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-extensions',
    '--no-proxy-server',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    `--user-data-dir=${profile}`,
    `--ignore-certificate-errors-spki-list=${createHash('sha256').update(key).digest('base64')}`,
  ]
  let said = ''
  // A group of its own: the browser is many processes.
  const child = spawn(program, [...flags, url], { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  child.stderr.on('data', (text: Buffer) => (said += text.toString()))
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  const close = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
    await ended
    rmSync(profile, { recursive: true, force: true, maxRetries: 10 })
  }
  return { close, said: () => said }
}
