import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

/** What the names in this node's own connectors mean on this machine. Until that is known, and when it is not, null. */
export class OwnNames {
  /** The address on which a connector of that name listens: the first that is found. */
  readonly #addresses = new Map<string, string>()

  constructor(hosts: readonly string[]) {
    for (const host of new Set(hosts))
      if (host !== '' && isIP(host) === 0)
        lookup(host).then(
          ({ address }) => void this.#addresses.set(host, address),
          () => undefined,
        )
  }

  of(host: string): string | null {
    return this.#addresses.get(host) ?? null
  }
}

/**
 * The host by which a twin is told of a connector: of one that listens everywhere the address that the twin reached us by, and of a
 * name that means this address the same, as a name of this machine may mean nothing on the other. A certificate is for the name:
 * see `byNumber`.
 */
export function toldHost(host: string, tls: boolean, localHost: string, means: string | null): string {
  const wildcard = host === '0.0.0.0' || host === '::' || host === ''
  const named = !tls && means === localHost.replace(/^::ffff:/, '')
  return wildcard || named ? localHost : host
}

/** An encrypted connector of a name that may mean nothing on the other machine, by number besides; null: it needs none. */
export function byNumber(
  { host, tls, port }: { readonly host: string; readonly tls: boolean; readonly port: number },
  localHost: string,
  means: string | null,
): string | null {
  const address = localHost.replace(/^::ffff:/, '')
  if (!tls || means !== address || isIP(host) !== 0) return null
  return `ssl://${isIP(address) === 6 ? `[${address}]` : address}:${port}?serverName=${host}`
}
