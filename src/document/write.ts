import type { Document, Node as YamlNode, Pair, Scalar } from 'yaml'
import { escape, type ConfigDocument } from './form.ts'
import type { Remark } from './remarks.ts'
import type { Yaml } from './yaml.ts'

/** JSON, indented by two; comments have no place in it. */
export const writeJson = ({ value }: ConfigDocument): string => `${JSON.stringify(value, null, 2)}\n`

/**
 * Block-style YAML 1.2 that YAML 1.1 readers understand alike: quotes only where a text would be taken for something
 * else, no anchors, no folded lines, comments before what they stood before.
 */
export function writeYaml(yaml: Yaml, { value, comments }: ConfigDocument): string {
  const document = new yaml.Document(value, { aliasDuplicateObjects: false, compat: 'yaml-1.1', version: '1.2' })
  comment(yaml, document, comments)
  return document.toString({ lineWidth: 0, flowCollectionPadding: false, nullStr: 'null' })
}

/** Hangs each comment on the node its pointer names. */
function comment(yaml: Yaml, document: Document, comments: ReadonlyMap<string, Remark>): void {
  if (comments.size === 0) return
  const { isMap, isSeq } = yaml
  const head = comments.get('')?.before ?? []
  if (head.length > 0) document.commentBefore = text(head)
  const visit = (node: unknown, pointer: string): void => {
    if (isMap(node)) {
      for (const pair of node.items as Pair<Scalar<string>, YamlNode>[]) {
        const place = `${pointer}/${escape(pair.key.value)}`
        hang(pair.key, comments.get(place)?.before)
        visit(pair.value, place)
      }
    } else if (isSeq(node)) {
      for (const [index, item] of (node.items as YamlNode[]).entries()) {
        hang(item, comments.get(`${pointer}/${index}`)?.before)
        visit(item, `${pointer}/${index}`)
      }
    } else return
    const end = comments.get(pointer)?.end ?? []
    if (end.length > 0 && pointer !== '') node.comment = text(end)
  }
  visit(document.contents, '')
}

function hang(node: YamlNode, lines: readonly string[] | undefined): void {
  if (lines !== undefined && lines.length > 0) node.commentBefore = text(lines)
}

/** The library puts the # before each; a line that is quite empty would be a gap. */
const text = (lines: readonly string[]): string => lines.map(line => ` ${line}`).join('\n')
