import type { Findings } from '../base/findings.ts'
import type { LineTable } from './places.ts'
import { templateTool } from './template.ts'

export class LimitError extends Error {}

/** Where the parser stopped. */
export interface Stop {
  readonly offset: number
  /** Start and name of the innermost open element. */
  readonly open: number | null
  readonly name: string | null
}

/** sax' message in our words, at the place where it stopped, with the opening tag when one is in question (config 6). */
export function explain(error: Error, stop: Stop, text: string, lines: LineTable, findings: Findings): void {
  const offset = Math.max(0, Math.min(stop.offset, text.length))
  const at = lines.at(offset)
  if (error instanceof LimitError) {
    findings.refuse('CONFIG_XML_FORBIDDEN', at, `the file has ${error.message}`, 'no ActiveMQ configuration needs that')
    return
  }
  const tool = templateTool(text)
  const template = tool === null ? null : `the file looks like an unrendered ${tool} template; render it first`
  const { place, message, hint } = sentence(error, { ...stop, offset }, text, lines)
  findings.error('CONFIG_NOT_WELL_FORMED', lines.at(place), `not well-formed: ${message}`, template ?? hint)
}

interface Sentence {
  readonly place: number
  readonly message: string
  readonly hint: string | null
}

function sentence(error: Error, stop: Stop, text: string, lines: LineTable): Sentence {
  const said = (error.message.split('\n')[0] ?? '').replace(/\.$/, '')
  const what = `${said.charAt(0).toLowerCase()}${said.slice(1)}`
  const { offset, open, name } = stop
  const opened = open === null ? null : lines.at(open)
  const tag = `<${name ?? 'element'}>`
  const here = opened === null ? null : `${tag} was opened at line ${opened.line}, column ${opened.column}`
  if (/entity/i.test(what)) return ampersand(offset, text)
  if (/unexpected close tag|unmatched closing tag/i.test(what)) {
    const closing = /<\/([^\s>]{0,100})[^<]{0,20}$/.exec(text.slice(Math.max(0, offset - 130), offset + 1))?.[1]
    const message = closing === undefined ? what : `</${closing}> closes what is not open; ${tag} is`
    return { place: offset, message: name === null ? what : message, hint: here }
  }
  if (/unclosed root|close tag|unclosed/i.test(what) && here !== null)
    return { place: offset, message: `${tag} is never closed`, hint: here }
  if (/comment/i.test(what)) return { place: offset, message: what, hint: `'--' may not stand inside a comment` }
  if (/outside of root|text data/i.test(what))
    return {
      place: offset,
      message: 'text stands outside the root element',
      hint: 'remove it, or close the root later',
    }
  return { place: offset, message: what, hint: here === null ? null : `inside ${here}` }
}

/** An `&` that begins no entity; in a URI it separates options, the commonest slip of all (config 3.1). */
function ampersand(offset: number, text: string): Sentence {
  const place = Math.max(0, text.lastIndexOf('&', offset))
  const before = text.slice(Math.max(0, place - 2000), place)
  const name = /([\w:.-]{1,80})\s{0,20}=\s{0,20}["'][^"'<>]{0,1800}$/.exec(before)?.[1]
  const where = name === undefined ? '' : ` in attribute "${name}"`
  return { place, message: `'&'${where} must be written &amp;`, hint: 'inside a URI too: host:1?a=1&amp;b=2' }
}
