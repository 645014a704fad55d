import { statfs } from 'node:fs/promises'

/** Bytes free where a directory lies. Asked for in passing: the answer is that of the question before. */
export class FreeRoom {
  readonly #directory: string
  #asking = false
  #bytes: number | undefined

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Undefined: not known yet, or a disk that does not answer. */
  get bytes(): number | undefined {
    const known = this.#asking ? undefined : this.#bytes
    if (!this.#asking) void this.#ask()
    return known
  }

  async #ask(): Promise<void> {
    this.#asking = true
    try {
      const { bavail, bsize } = await statfs(this.#directory)
      this.#bytes = bavail * bsize
    } catch {
      this.#bytes = undefined
    }
    this.#asking = false
  }
}
