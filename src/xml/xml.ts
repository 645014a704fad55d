/**
 * XML that knows its places: text to a tree in which every element and attribute has file, line, column and offsets.
 *
 * Read: tree (text to tree, limits) · places (offsets, lines, encodings) · runs (text between elements) · template (what a
 * template tool left behind) · mask (and how it is parsed all the same) · edit (changes of a text by offsets) · diff
 * (edits as a unified diff) · encode (text to the bytes of a file).
 * Promises: whatever the text, a tree or findings; nothing outside the text is ever read.
 * Refuses: entity declarations, and files beyond XML_LIMITS.
 */
export { unifiedDiff } from './diff.ts'
export { applyEdits, Draft, overlaps, type Edit } from './edit.ts'
export { encodeXml } from './encode.ts'
export { attributePositions, decodeXml, LineTable } from './places.ts'
export type { TextRun } from './runs.ts'
export { templateTool } from './template.ts'
export {
  forbiddenCharacter,
  parseTree,
  XML_LIMITS,
  type Attribute,
  type Element,
  type Span,
  type Tree,
  type Xml2js,
  type XmlParser,
} from './tree.ts'
