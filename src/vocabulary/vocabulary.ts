/**
 * What an ActiveMQ configuration can say, and what becomes of it here: every element, attribute, transport and URI
 * option with type, default, versions, class and reason. The words are JSON Schemas in `schemas/`; this room knows its
 * way in them.
 *
 *   schemas/activemq.json ───► words ──┬─► the loader, did-you-mean
 *   schemas/transports.json ─► transports ├─► reference (explain) · table (README)
 *                                      └─► xsd (editors)
 *
 * Read: schema (what is read of a JSON Schema) · words (elements and attributes) · transports (schemes and options of a
 * URI) · reference (finding a word) · reference-text (saying it) · table (the README's) · xsd
 * · spring (what belongs to the shell around the broker).
 * Promises: one source. The loader, did-you-mean, `explain`, `schema` and the README's tables all read from here.
 * Refuses: to know a word that is not in `schemas/`.
 */
export {
  allNames,
  elementEntry,
  lookUp,
  placesOf,
  type Entry,
  type Place,
  type Unknown,
  type Words,
} from './reference.ts'
export { CLASS_MEANS, entryJson, entryText, typeText, versionText } from './reference-text.ts'
export { compatibilityTable, withTable } from './table.ts'
export { xsd, xsdElement } from './xsd.ts'
export { isSpring, SPRING_BEANS } from './spring.ts'
export { ANNOTATIONS, type VocabularySchema } from './schema.ts'
export {
  readTransports,
  type OptionWord,
  type SchemeWord,
  type TransportData,
  type TransportSchema,
} from './transports.ts'
export {
  attributeOf,
  repeatsDefault,
  Vocabulary,
  type AttributeWord,
  type ElementWord,
  type Judgement,
  type TextChecks,
  type Verdict,
  type VocabularyData,
} from './words.ts'
