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

/** A block of a template tool that begins at `from`, or null. */
export function blockAt(text: string, from: number): { readonly end: number; readonly tool: string } | null {
  for (const { open, close, tool } of BLOCKS) {
    if (!text.startsWith(open, from)) continue
    const end = text.slice(from, from + BLOCK_CHARS).indexOf(close, open.length)
    if (end < 0) continue
    const block = text.slice(from, from + end + close.length)
    // A comment's edge inside shows that the opening was never a block's.
    if (!block.includes('-->') && !block.includes('<!--')) return { end: from + block.length, tool }
  }
  return null
}

/**
 * The tool whose template a text still is, which no value of ActiveMQ looks like (config 1.5, section 6). In a `secret`
 * only a text that is a mark as a whole counts: passwords may hold any character.
 */
export function templateTool(text: string, secret = false): string | null {
  for (const { open, tool } of BLOCKS) {
    for (let at = text.indexOf(open), tries = 0; at >= 0 && tries < 100; at = text.indexOf(open, at + 1), tries++)
      if (blockAt(text, at) !== null) return tool
  }
  const short = text.trim()
  if (short.length <= 500 && short.startsWith('###') && short.endsWith('###') && short.length > 6)
    return 'search-and-replace'
  if (secret) return WHOLE_MARK.test(short) ? 'search-and-replace' : null
  return MARKS.test(text) ? 'search-and-replace' : null
}
