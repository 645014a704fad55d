/** Java's `.properties` grammar: comments, continued lines, three separators, escapes with `\uXXXX`. */
export function parseProperties(text: string): Map<string, string> {
  const all = new Map<string, string>()
  for (const line of logicalLines(text)) {
    let at = 0
    while (at < line.length && !/[=:\s]/.test(line[at] ?? '')) at += line[at] === '\\' ? 2 : 1
    const key = unescape(line.slice(0, at))
    const rest = line.slice(at).replace(/^\s*[=:]?\s*/, '')
    all.set(key, unescape(rest))
  }
  return all
}

/** Lines without comments and blanks; a line that ends in an odd number of backslashes continues on the next. */
function* logicalLines(text: string): Generator<string> {
  let pending: string | null = null
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = raw.trimStart()
    if (pending === null && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue
    const whole: string = (pending ?? '') + line
    const slashes = /\\*$/.exec(whole)?.[0].length ?? 0
    if (slashes % 2 === 1) pending = whole.slice(0, -1)
    else {
      yield whole
      pending = null
    }
  }
  if (pending !== null) yield pending
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescape(text: string): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|[^])/g, (_, what: string) =>
    what.length === 5 ? String.fromCharCode(parseInt(what.slice(1), 16)) : (ESCAPES[what] ?? what),
  )
}
