/**
 * Where the secrets of a JSON or YAML text are. Like the ranges of XML it looks at the text, so that a file that is not
 * well-formed keeps its secrets too; where it cannot know it rather masks too much.
 */
export function* keySecrets(text: string, isSecret: (name: string) => boolean): Generator<Secret> {
  for (const match of text.matchAll(KEY)) {
    const name = match[1] ?? match[2] ?? match[3] ?? ''
    const end = match.index + match[0].length
    if (isSecret(name)) yield valueAt(text, match.index, end)
    else if (name === 'name' || name === 'key') {
      const value = valueAt(text, match.index, end)
      if (isSecret(text.slice(value.start, value.end).trim())) yield* valuesAround(text, match.index)
    }
  }
}

interface Secret {
  readonly start: number
  readonly end: number
}

const KEY = /"((?:[^"\\\r\n]|\\.)*)"\s*:|'([^'\r\n]*)'[ \t]*:(?=\s)|(?<![\w.:-])([\w.-]+)[ \t]*:(?=\s)/g
/** How far the value of `{name: password}` is looked for: in the same element, and in the list below it. */
const NEAR = 1500

/** `value` and `text` near a `name` that is secret. */
function* valuesAround(text: string, place: number): Generator<Secret> {
  const from = Math.max(0, place - NEAR)
  for (const match of text
    .slice(from, place + NEAR)
    .matchAll(/"(?:value|text)"\s*:|(?<![\w.-])(?:value|text)[ \t]*:(?=\s)/g))
    yield valueAt(text, from + match.index, from + match.index + match[0].length)
}

/** The value behind a key: what is in its quotes, or the rest of the line and the lines that are indented deeper. */
function valueAt(text: string, key: number, end: number): Secret {
  const quoted = /\s*("(?:[^"\\]|\\[^])*|'[^']*)/y
  quoted.lastIndex = end
  const found = quoted.exec(text)?.[1]
  if (found !== undefined) return { start: quoted.lastIndex - found.length + 1, end: quoted.lastIndex }
  const column = key - (text.lastIndexOf('\n', key - 1) + 1)
  const rest = new RegExp(String.raw`[^\r\n]*(?:\r?\n(?:[ \t]*(?=\r?\n|$)| {${column + 1},}[^\r\n]*))*`, 'y')
  rest.lastIndex = end
  const length = rest.exec(text)?.[0].trimEnd().length ?? 0
  const blank = /[ \t]*/y
  blank.lastIndex = end
  blank.exec(text)
  return { start: Math.min(blank.lastIndex, end + length), end: end + length }
}
