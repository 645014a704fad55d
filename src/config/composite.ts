/** One member of a composite URI, with its offset in the whole text. */
export interface Component {
  readonly text: string
  readonly offset: number
}

export interface Composite {
  readonly scheme: string
  readonly components: readonly Component[]
  /** What follows the closing parenthesis: `/NAME`, without its slash; null when there is none. */
  readonly path: string | null
  /** The query behind the closing parenthesis, and its offset. Without parentheses it belongs to the last component. */
  readonly query: Component
}

export interface CompositeProblem {
  readonly problem: string
  readonly offset: number
}

/** Nesting beyond this is no address of anybody. */
const DEPTH_MOST = 10

/**
 * `scheme:(uri,uri)/path?query`, `scheme://(…)`, or `scheme:uri,uri` without parentheses (config 3.2). Commas count at
 * depth 0 only; blanks around components are trimmed.
 */
export function parseComposite(text: string): Composite | CompositeProblem {
  const head = /^\s*([A-Za-z][A-Za-z0-9+.-]{0,40}):\s*(?:\/\/)?\s*/.exec(text)
  if (head === null) return { problem: 'is not a URI such as static:(tcp://host:61616)', offset: 0 }
  const scheme = (head[1] ?? '').toLowerCase()
  const start = head[0].length
  const unbalanced = balance(text)
  if (unbalanced !== null) return unbalanced
  if (text[start] !== '(') {
    const components = split(text, start, text.trimEnd().length)
    return { scheme, components, path: null, query: { text: '', offset: text.length } }
  }
  const close = closing(text, start)
  const tail = /^(\/[^?]*)?(?:\?(.*))?$/s.exec(text.slice(close + 1).trimEnd())
  if (tail === null) return { problem: 'goes on after its closing parenthesis', offset: close + 1 }
  const path = tail[1]?.slice(1) ?? ''
  const offset = close + 2 + (tail[1]?.length ?? 0)
  return {
    scheme,
    components: split(text, start + 1, close),
    path: path === '' ? null : path,
    query: { text: tail[2] ?? '', offset },
  }
}

function balance(text: string): CompositeProblem | null {
  let depth = 0
  let deepest = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') deepest = Math.max(deepest, ++depth)
    else if (text[i] === ')' && --depth < 0) return { problem: 'has a ) without its (', offset: i }
  }
  if (depth > 0) return { problem: 'has a ( without its )', offset: text.lastIndexOf('(') }
  return deepest > DEPTH_MOST ? { problem: `is nested more than ${DEPTH_MOST} deep`, offset: 0 } : null
}

/** Where the parenthesis at `from` is closed; the text is balanced. */
function closing(text: string, from: number): number {
  let depth = 0
  for (let i = from; i < text.length; i++) {
    if (text[i] === '(') depth++
    else if (text[i] === ')' && --depth === 0) return i
  }
  return text.length
}

/** At commas outside parentheses; empty parts vanish, as in ActiveMQ. */
function split(text: string, from: number, end: number): readonly Component[] {
  const parts: Component[] = []
  let depth = 0
  let begin = from
  for (let i = from; i <= end; i++) {
    if (i < end && text[i] === '(') depth++
    else if (i < end && text[i] === ')') depth--
    else if (i === end || (text[i] === ',' && depth === 0)) {
      const part = text.slice(begin, i)
      const offset = begin + part.length - part.trimStart().length
      if (part.trim() !== '') parts.push({ text: part.trim(), offset })
      begin = i + 1
    }
  }
  return parts
}
