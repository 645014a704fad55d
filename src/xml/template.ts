/** The longest block of a template tool, characters: what is longer is no block but an opening that was never meant as one. */
const BLOCK_CHARS = 4000

const BLOCKS: readonly { readonly open: string; readonly close: string; readonly tool: string }[] = [
  { open: '{{', close: '}}', tool: 'jinja2' },
  { open: '{%', close: '%}', tool: 'jinja2' },
  { open: '{#', close: '#}', tool: 'jinja2' },
  { open: '<%', close: '%>', tool: 'ERB' },
]

/** `@@name@@`, `@name@`, `%name%`, `$[name]`, `[[name]]`, `__NAME__`: marks that a search-and-replace leaves when it did not run. */
const MARKS =
  /@@[\w.-]{1,80}@@|@[A-Za-z][\w.-]{1,80}@|%[A-Za-z][\w.]{2,80}%|\$\[[A-Za-z]|\[\[ ?[A-Za-z][\w.-]{0,80} ?\]\]|(?<!\w)__[A-Z][A-Z0-9_]{0,80}__(?!\w)/
const WHOLE_MARK = new RegExp(`^(?:${MARKS.source}\\w*\\]?)$`)

/** One value ends and the next attribute begins. */
const ATTRIBUTE_EDGE = /["']\s+[\w.:-]{1,80}\s*=\s*["']/

/** A tag ends, or begins with an attribute. */
const TAG_EDGE = /<\/[A-Za-z]|\/>|<[A-Za-z][\w.:-]{0,80}\s+[\w.:-]{1,80}\s*=/

/** Finds blocks in one text; what it has looked for once it remembers, so that going over the text takes one pass. */
export class Blocks {
  readonly #text: string
  readonly #closes = new Map<string, number>()

  constructor(text: string) {
    this.#text = text
  }

  /** The block that begins at `from`, or null. Ask with growing offsets. */
  at(from: number): { readonly end: number; readonly tool: string } | null {
    for (const { open, close, tool } of BLOCKS) {
      if (!this.#text.startsWith(open, from)) continue
      const end = this.#next(close, from + open.length) + close.length
      if (end - from > BLOCK_CHARS) continue
      const block = this.#text.slice(from, end)
      // The edge of a comment, a tag or an attribute inside shows that the opening was never a block's.
      if (block.includes('-->') || block.includes('<!--') || ATTRIBUTE_EDGE.test(block)) continue
      if (open === '<%' || !TAG_EDGE.test(block)) return { end, tool }
    }
    return null
  }

  #next(close: string, from: number): number {
    const known = this.#closes.get(close)
    if (known !== undefined && known >= from) return known
    const found = this.#text.indexOf(close, from)
    const next = found < 0 ? Infinity : found
    this.#closes.set(close, next)
    return next
  }
}

/**
 * The tool whose template a text still is, which no value of ActiveMQ looks like (config 1.5, section 6). In a `secret`
 * only a text that is a mark as a whole counts: passwords may hold any character.
 */
export function templateTool(text: string, secret = false): string | null {
  for (const { open, tool } of BLOCKS) {
    const blocks = new Blocks(text)
    for (let at = text.indexOf(open), tries = 0; at >= 0 && tries < 1000; at = text.indexOf(open, at + 1), tries++)
      if (blocks.at(at) !== null) return tool
  }
  const short = text.trim()
  if (short.length <= 500 && short.startsWith('###') && short.endsWith('###') && short.length > 6)
    return 'search-and-replace'
  if (secret) return WHOLE_MARK.test(short) ? 'search-and-replace' : null
  return MARKS.test(text) ? 'search-and-replace' : null
}
