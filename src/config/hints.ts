import { suggestion } from '../base/suggest.ts'
import type { Findings } from '../base/findings.ts'

/** A file with more wrong names than this has another problem. */
const HINTS_MOST = 100

/** What was probably meant, worked out once for each wrong name and only while somebody will read it. */
export class Hints {
  readonly #findings: Findings
  readonly #known = new Map<string, string | null>()

  constructor(findings: Findings) {
    this.#findings = findings
  }

  like(wrong: string, candidates: Iterable<string>): string | null {
    if (this.#findings.full || this.#known.size >= HINTS_MOST) return null
    const names = [...candidates]
    const key = `${wrong} ${names.length} ${names[0] ?? ''}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const hint = suggestion(wrong, names)
    this.#known.set(key, hint)
    return hint
  }
}
