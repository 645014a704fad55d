import type { Position } from '../base/errors.ts'
import type { Site } from './site.ts'

/** `HOST:PORT`, or only PORT, which is on 127.0.0.1. Null: it is neither. */
export function hostAndPort(text: string): { readonly host: string; readonly port: number } | null {
  const match = /^(?:(\[[0-9A-Fa-f:.%\w]+\]|[^:[\]\s/?]+):)?(\d{1,5})$/.exec(text.trim())
  const port = Number(match?.[2])
  if (match === null || port > 65_535) return null
  return { host: match[1] ?? '127.0.0.1', port }
}

/**
 * The connector that `-Dtandemmq.stomp=HOST:PORT` adds to any file, as the URI it would have there (config 3.3, "unless a
 * command-line option adds one"). Null: not asked for, or wrong.
 */
export function stompUri(at: Position, { outer, findings }: Site): string | null {
  const text = outer.overrides['stomp']
  if (text === undefined) return null
  const place = hostAndPort(text)
  if (place !== null) return `stomp://${place.host}:${place.port}`
  const message = `-Dtandemmq.stomp="${text}" is neither HOST:PORT nor PORT`
  findings.error('CONFIG_PROPERTY', at, message, 'write -Dtandemmq.stomp=61613, or -Dtandemmq.stomp=0.0.0.0:61613')
  return null
}
