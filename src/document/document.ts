/**
 * A configuration without XML: the same elements as JSON or YAML, both ways.
 *
 *   XML text ──┐                        ┌──► writeXml
 *   JSON text ─┼─► readTree ─► elements ┤
 *   YAML text ─┘               + places └──► documentOf ─► plain data ─► writeJson, writeYaml
 *
 * Read: form (what a document looks like, and elements to it) · shape (a document to elements) · json, yaml, node (text
 * to values that know their places) · remarks (comments) · write, write-xml · read (which of the three a text is)
 * · convert (one into another).
 * Promises: what a document gives is what the XML file gives, placeholders and ENC(…) as written; every place is the one
 * in the document. Whatever the text: a tree, or findings.
 * Refuses: aliases, tags, keys given twice, and whatever is beyond XML_LIMITS.
 */
export { convertTree, type Converted } from './convert.ts'
export { documentOf, type ConfigDocument, type Json } from './form.ts'
export { formatOf, readTree, type Format, type ReadTools, type SourceTree } from './read.ts'
export type { Remark, Remarks } from './remarks.ts'
export type { Yaml } from './yaml.ts'
