import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Terminal } from './cli.ts'

/**
 * Where a configuration is when none is named. As ActiveMQ's script: the conf directory, wherever that is; and the
 * working directory, for a first try.
 */
export function usualPlace({ env, cwd }: Pick<Terminal, 'env' | 'cwd'>): string {
  if (env['ACTIVEMQ_CONF']) return join(env['ACTIVEMQ_CONF'], 'activemq.xml')
  const base = env['ACTIVEMQ_BASE'] || env['ACTIVEMQ_HOME']
  if (base) return join(base, 'conf', 'activemq.xml')
  const inConf = join('conf', 'activemq.xml')
  return existsSync(resolve(cwd, inConf)) ? inConf : 'activemq.xml'
}
