import { readFileSync } from 'node:fs'
import type { Log } from '../base/log.ts'
import type { BrokerConfig } from '../config/config.ts'
import { size } from '../server/server.ts'

/** Files and connections that a broker should be allowed to have open (management D-12). */
const openFilesMin = 10_000

/** maximumConnections of a connector that says nothing: Java's largest int. */
const unlimited = 2 ** 31 - 1

/** What this process may have open at once, by /proc; null: unlimited, or the platform does not say. */
export function openFilesMax(read: () => string = () => readFileSync('/proc/self/limits', 'utf8')): number | null {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(read())?.[1]
    return soft === undefined ? null : Number(soft)
  } catch {
    return null
  }
}

/** Tells once what limits are in effect, and warns of one that a busy broker runs into. */
export function tellLimits({ usage, connectors }: BrokerConfig, log: Log, files: number | null = openFilesMax()): void {
  const most = connectors.reduce((sum, { maximumConnections }) => sum + maximumConnections, 0)
  const limit = (bytes: number): string => (bytes === 0 ? 'no limit' : size(bytes))
  const text =
    `limits: memory ${limit(usage.memoryLimit)}, store ${limit(usage.storeLimit)}, temp ${limit(usage.tempLimit)}, ` +
    `${most < unlimited ? most : 'any number of'} connections, ${files ?? 'any number of'} open files`
  log.info(text, { code: 'NODE_LIMITS' })
  if (files === null || files >= openFilesMin) return
  log.warn(`this process may have ${files} files and connections open at once, which a busy broker needs more of`, {
    code: 'NODE_LIMITS',
    hint: `Raise it to ${openFilesMin} or more: LimitNOFILE= in a systemd unit, or ulimit -n before the start.`,
  })
}
