import type { Position } from '../base/errors.ts'
import type { HttpConfig } from './model.ts'
import type { Site } from './site.ts'
import { isLoopback } from './uri.ts'

const SHAPE = 'write -Dtandemmq.http=127.0.0.1:8161, or off'

/**
 * `-Dtandemmq.http=HOST:PORT|off`; without it 127.0.0.1:8161, unless the broker says useJmx="false" (management W-01,
 * P-06). Null: off.
 */
export function buildHttp(useJmx: boolean, at: Position, { outer, findings }: Site): HttpConfig | null {
  const text = outer.overrides['http']?.trim()
  if (text === undefined) return useJmx ? { host: '127.0.0.1', port: 8161, asked: false } : null
  if (text === 'off') return null
  const match = /^(\[[0-9A-Fa-f:.%\w]+\]|[^:[\]\s/]+):(\d{1,5})$/.exec(text)
  const port = Number(match?.[2])
  if (match === null || port > 65_535) {
    findings.error('CONFIG_PROPERTY', at, `-Dtandemmq.http="${text}" is neither HOST:PORT nor off`, SHAPE)
    return null
  }
  const host = (match[1] ?? '').replace(/^\[|\]$/g, '')
  if (!isLoopback(host)) {
    const message = `anybody who reaches ${text} can read the state of the pair over HTTP; changing it is possible from this machine only`
    findings.warn('CONFIG_OPEN', at, message)
  }
  return { host, port, asked: true }
}
