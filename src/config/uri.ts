export interface ParsedUri {
  readonly scheme: string
  readonly host: string
  /** Null when the URI names none. */
  readonly port: number | null
  readonly options: ReadonlyMap<string, string>
}

/**
 * `scheme://host:port[/path][?name=value&…]` (config 3.1). Names with an underscore are hosts too; the last of two equal
 * options counts; a bare `?trace` has no value, which is told where one is needed. Answers a sentence when the text is no such URI.
 */
export function parseUri(text: string): ParsedUri | { readonly problem: string } {
  const trimmed = text.trim()
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/)?([^?]*)(?:\?(.*))?$/s.exec(trimmed)
  if (match === null) return { problem: 'is not a URI such as stomp://0.0.0.0:61613' }
  const [, scheme = '', rest = '', query = ''] = match
  if (rest.startsWith('(')) return { problem: 'is a composite URI; a connector listens at one address' }
  const authority = rest.replace(/\/.*$/s, '').replace(/^[^@]*@/, '')
  const place = /^(\[[0-9A-Fa-f:.%\w]+\]|[^:[\]\s]*)(?::(\d*))?$/.exec(authority)
  if (place === null) return { problem: 'names no host and port such as 0.0.0.0:61613' }
  const port = place[2] === undefined || place[2] === '' ? null : Number(place[2])
  if (port !== null && port > 65_535) return { problem: 'has a port above 65535' }
  const options = new Map<string, string>()
  for (const part of query.split('&')) {
    if (part === '') continue
    const [name, value] = cut(part)
    options.set(decode(name), value === undefined ? '' : decode(value))
  }
  return { scheme: scheme.toLowerCase(), host: (place[1] ?? '').replace(/^\[|\]$/g, ''), port, options }
}

function cut(part: string): readonly [string, string | undefined] {
  const equals = part.indexOf('=')
  return equals < 0 ? [part, undefined] : [part.slice(0, equals), part.slice(equals + 1)]
}

/** URL decoding that leaves a stray `%` as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' ')).trim()
  } catch {
    return text
  }
}

/** Does nobody else reach it? */
export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.')
