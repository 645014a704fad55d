import type { NodeReport } from './report.ts'

const ADDRESS = /^https?:\/\/(\[[0-9a-f:.]+\]|[^/:[\]@?#\s]+)(:\d{1,5})?(\/(api\/(pair|jolokia)\/?)?)?$/i

/** `http://host:port` without a path, from what a person writes; null when it is no address. */
export function nodeUrl(text: string): string | null {
  const withScheme = /^https?:\/\//i.test(text) ? text : `http://${text}`
  if (!ADDRESS.test(withScheme)) return null
  try {
    return new URL(withScheme).origin
  } catch {
    return null
  }
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

export const isLoopback = (url: string): boolean => LOOPBACK.test(new URL(url).hostname)

/**
 * Where the twin's interface is, seen from here; null when it cannot be told. `via` is the node that named it; whoever
 * asks that one by https asks the twin by https too, so that no login goes out in the clear that did not before.
 */
export function twinUrl(report: NodeReport, via: string): string | null {
  if (report.peer === null || report.peer.http === null) return null
  const url = withSchemeOf(via, report.peer.http)
  if (url === null) return null
  // A loopback address that another machine named is that machine's own; so is one at which the node itself was asked.
  if (LOOPBACK.test(url.hostname)) return isLoopback(via) && url.port !== new URL(via).port ? url.origin : null
  if (url.hostname !== '0.0.0.0' && url.hostname !== '[::]') return url.origin
  const host = /^\w+:\/\/(\[[^\]]+\]|[^:]+):\d+$/.exec(report.peer.connectors[0] ?? '')?.[1]
  return host === undefined ? null : nodeUrl(`${url.protocol}//${host}:${url.port}`)
}

function withSchemeOf(via: string, text: string): URL | null {
  const bare = text.replace(/^http:\/\//i, '')
  const named = nodeUrl(/^https:/i.test(bare) ? bare : `${new URL(via).protocol}//${bare}`)
  return named === null ? null : new URL(named)
}
