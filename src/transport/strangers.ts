/**
 * What those have sent to a port who have not said yet who they are, and what must be kept until they do. Each of them may
 * have a few megabytes there, as the header limits allow; all of them together may not fill the memory.
 */
export class Strangers {
  readonly #held = new Map<object, number>()
  #total = 0

  /** So many bytes of this one are kept now. Answers whether that is not too much. */
  holds(who: object, bytes: number): boolean {
    this.#total += bytes - (this.#held.get(who) ?? 0)
    if (bytes === 0) this.#held.delete(who)
    else this.#held.set(who, bytes)
    return bytes <= greetingBytesMax || this.#total <= strangersBytesMax
  }

  /** It has said who it is, or is gone. */
  forget(who: object): void {
    this.holds(who, 0)
  }
}

/** Of all that are connected to one port: 64 MiB. */
const strangersBytesMax = 64 * 1024 * 1024
/** Who sends no more than this is let alone whatever others do: a CONNECT that somebody means has a few hundred bytes. */
const greetingBytesMax = 16 * 1024
