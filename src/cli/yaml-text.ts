import { visibleLines } from './visible.ts'

/** What readers of YAML 1.1 take for something else than a text, and the writer leaves bare. */
const SPECIAL = new Set(['<<', '='])

/**
 * YAML that is harmless on a terminal and reads as the same value in YAML 1.2 and 1.1: there a bare `no` or `on`, which a
 * queue may be called, is a boolean. The library is loaded only here.
 */
export async function yamlText(value: unknown): Promise<string> {
  const { Document, visit } = await import('yaml')
  const document = new Document(value, {
    version: '1.1',
    aliasDuplicateObjects: false,
    // Else a text that is `<<` becomes the sign for merging.
    customTags: tags => tags.filter(tag => typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:merge'),
  })
  visit(document, {
    Scalar(_key, node) {
      const { value: text } = node
      // Only between quotes is an escape one.
      if (typeof text === 'string' && (visibleLines(text) !== text || SPECIAL.has(text))) node.type = 'QUOTE_DOUBLE'
    },
  })
  return visibleLines(document.toString({ lineWidth: 0 }))
}
