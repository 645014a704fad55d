/**
 * What an ActiveMQ configuration can say, and what becomes of it here: every element, attribute, transport and URI
 * option with type, default, versions, class and reason. The words are data, in `schemas/`; this room knows its way in it.
 *
 * Read: words (elements and attributes) · transports (schemes and options of a URI) · spring
 * (what belongs to the shell around the broker).
 * Promises: one source. The loader, did-you-mean, `explain`, `schema` and the README's tables all read from here.
 * Refuses: to know a word that is not in `schemas/`.
 */
export { isSpring, SPRING_BEANS } from './spring.ts'
export type { OptionWord, SchemeWord, TransportData } from './transports.ts'
export {
  attributeOf,
  repeatsDefault,
  Vocabulary,
  type AttributeWord,
  type ElementWord,
  type Judgement,
  type Verdict,
  type VocabularyData,
} from './words.ts'
