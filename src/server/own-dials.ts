import { randomBytes } from 'node:crypto'

/**
 * A node that calls its twin may reach itself: behind a name or a proxy that means whoever leads, or that both machines give
 * to themselves. It knows its own call by the id of the SUBSCRIBE, which nobody else can know while it is under way.
 */
export class OwnDials {
  /** Calls under way; true: it has come in here. */
  readonly #calls = new Map<string, boolean>()
  /** Addresses that led back here when all were tried last. */
  uris: ReadonlySet<string> = new Set()

  call(): { readonly subscription: string; readonly leadsBack: (uri: string) => boolean; readonly over: () => void } {
    const subscription = randomBytes(8).toString('hex')
    const uris = new Set<string>()
    this.#calls.set(subscription, false)
    return {
      subscription,
      leadsBack: uri => {
        const own = this.#calls.get(subscription) === true
        this.#calls.set(subscription, false)
        if (own) uris.add(uri)
        return own
      },
      over: () => {
        this.#calls.delete(subscription)
        this.uris = uris
      },
    }
  }

  /** Somebody subscribed with this id: was it this node? */
  isOwn(subscription: string): boolean {
    const own = this.#calls.has(subscription)
    if (own) this.#calls.set(subscription, true)
    return own
  }
}
