import type { Findings } from '../base/findings.ts'
import type { Vocabulary } from '../vocabulary/vocabulary.ts'
import {
  forbiddenCharacter,
  LineTable,
  parseTree,
  templateTool,
  type Element,
  type Tree,
  type Xml2js,
} from '../xml/xml.ts'
import { readJson } from './json.ts'
import { Unreadable } from './node.ts'
import { remarksOf, type Remarks } from './remarks.ts'
import { Shaper } from './shape.ts'
import { readYaml, type Yaml } from './yaml.ts'

export type Format = 'xml' | 'json' | 'yaml'

export interface ReadTools {
  readonly xml2js: Xml2js
  readonly vocabulary: Vocabulary
  /** Loads the parser when the first YAML file is read. */
  readonly yaml: () => Yaml
}

export interface SourceTree extends Tree {
  readonly format: Format
  /** The comments; worked out when they are asked for. */
  readonly remarks: () => Remarks
}

/** By the file's name; a text that starts with `{` is JSON whatever it is called, as long as it is neither YAML nor a template (`{{`, `{%`). */
export function formatOf(file: string, text: string): Format {
  if (/\.ya?ml$/i.test(file)) return 'yaml'
  return /\.json$/i.test(file) || /^\s*\{(?![{%#])/.test(text) ? 'json' : 'xml'
}

/** XML, JSON or YAML text to elements that know their places. Null when it cannot be used; `findings` say why. */
export function readTree(text: string, file: string, tools: ReadTools, findings: Findings): SourceTree | null {
  const format = formatOf(file, text)
  if (format === 'xml') {
    const tree = parseTree(tools.xml2js, text, file, findings)
    return tree === null ? null : { ...tree, format, remarks: () => remarksOf(text, tree.root) }
  }
  const lines = new LineTable(text, file)
  const before = findings.stops
  const raw = forbiddenCharacter(text)
  if (raw >= 0) {
    findings.error('CONFIG_NOT_WELL_FORMED', lines.at(raw), forbidden(text, raw), 'remove it')
    return null
  }
  try {
    const node = format === 'json' ? readJson(text) : readYaml(tools.yaml(), text, lines)
    const shaper = new Shaper(tools.vocabulary, lines, findings)
    const root = shaper.root(node)
    if (root !== null) checkCharacters(root, findings)
    if (root === null || findings.stops > before) return null
    return { root, doctype: false, format, remarks: () => shaper.remarks }
  } catch (thrown) {
    if (!(thrown instanceof Unreadable)) throw thrown
    const tool = thrown.code === 'CONFIG_NOT_WELL_FORMED' ? templateTool(text) : null
    const hint = tool === null ? thrown.hint : `the file looks like an unrendered ${tool} template; render it first`
    const severity = thrown.code === 'CONFIG_NOT_WELL_FORMED' ? 'error' : 'refuse'
    findings.add(severity, thrown.code, lines.at(thrown.offset), thrown.message, hint)
    return null
  }
}

/** What XML cannot hold means nothing here either: no setting of ActiveMQ could have had it. */
function checkCharacters(element: Element, findings: Findings): void {
  const texts = [{ value: element.text, at: element.at }, ...element.attributes]
  for (const { value, at } of texts) {
    const offset = forbiddenCharacter(value)
    if (offset < 0) continue
    findings.error('CONFIG_NOT_WELL_FORMED', at, forbidden(value, offset), 'remove it')
  }
  for (const child of element.children) checkCharacters(child, findings)
}

const forbidden = (text: string, offset: number): string =>
  `not well-formed: the character U+${text.charCodeAt(offset).toString(16).padStart(4, '0')} may not stand in a configuration`
