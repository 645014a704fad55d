import { Findings, formatFinding } from '../base/findings.ts'
import { documentOf } from './form.ts'
import { readTree, type Format, type ReadTools, type SourceTree } from './read.ts'
import { writeXml } from './write-xml.ts'
import { writeJson, writeYaml } from './write.ts'

export interface Converted {
  readonly text: string
  /** Sentences about what the new text does not say, such as comments. */
  readonly lost: readonly string[]
}

/**
 * One reading of a file in another format, or in the usual form of its own. Nothing is resolved: placeholders, ENC(…) and
 * imports stay as they are written. What comes out reads as the same elements, and converted once more stays as it is.
 */
export function convertTree(tree: SourceTree, to: Format, tools: ReadTools): Converted {
  const remarks = tree.remarks()
  const document = documentOf(tree.root, tools.vocabulary, remarks)
  const lost = [...document.lost]
  if (tree.doctype) lost.push('the DOCTYPE')
  if (to === 'json') {
    if (remarks.size > 0) lost.push('the comments, for which JSON has no place')
    return { text: writeJson(document), lost }
  }
  const yaml = writeYaml(tools.yaml(), document)
  if (to === 'yaml') return { text: yaml, lost }
  // The document read back is what it means as elements; there is no second way from one to the other.
  const findings = new Findings()
  const again = readTree(yaml, `${tree.root.at.file}.yaml`, tools, findings)
  if (again === null)
    throw new Error(`the converted text cannot be read: ${findings.list().map(formatFinding).join('; ')}`)
  return { text: writeXml(again.root, tools.vocabulary, again.remarks()), lost }
}
