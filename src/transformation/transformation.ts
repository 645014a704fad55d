/**
 * Transformations turn the payload of a map message, or of an advisory, into XML or JSON and back (stomp section 15).
 *
 *   SEND transformation:jms-map-xml ─► readXml  ─┐                ┌─► writeXml  ─► SUBSCRIBE transformation:jms-xml
 *                       jms-map-json ─► readJson ─┴─► mapOf ─► Element ─┴─► writeJson ─► …:jms-json
 *
 * Read: element (the tree between both) · read-xml, read-json · map (what a map may hold) · write · names.
 * Promises: reading is linear in the payload and bounded in depth; there is no document type, nothing is fetched or expanded.
 * Refuses: to throw anything but Unreadable at a payload. Java objects: there are no classes here.
 */
export { Unreadable, leaf, node, type Element } from './element.ts'
export { mapOf } from './map.ts'
export { javaDouble } from './number.ts'
export {
  formatOf,
  isTransformation,
  readMap,
  render,
  shownTransformation,
  type Format,
  type PayloadKind,
} from './names.ts'
export { readJson } from './read-json.ts'
export { readXml } from './read-xml.ts'
export { writeJson, writeXml } from './write.ts'
