import { currentEvaluation, spend } from './effort.ts'
import { unanswerable } from './error.ts'
import { SELECTOR_LIMITS } from './limits.ts'
import { parseXml, type XmlDocument } from './xml-document.ts'
import { xmlText } from './xml-text.ts'
import { parseXPath } from './xpath-parse.ts'
import { XPathSyntaxError, XPathUnserved } from './xpath-token.ts'
import { boolean, Walk, type XPath } from './xpath-value.ts'

/**
 * `XPATH '…'` (S-14): whether the expression is true of a body; or, as a text, why the expression is not served.
 *
 * Served is XPath 1.0 without the namespace axis: all other axes, predicates, operators and the core functions, over
 * namespace-aware XML without comments. A prefix in the expression and a variable are bound to nothing. An expression
 * with a mistake is FALSE for every body, and so is a body that is not XML or has a document type.
 */
export function compileXPath(expression: string): ((body: Uint8Array) => boolean) | string {
  let compiled: XPath
  try {
    compiled = parseXPath(expression)
  } catch (thrown) {
    if (thrown instanceof XPathSyntaxError) return () => false
    if (thrown instanceof XPathUnserved) return thrown.message
    throw thrown
  }
  return body => isTrue(compiled, body)
}

function isTrue(expression: XPath, body: Uint8Array): boolean {
  const document = documentOf(body)
  if (document === null) return false
  const walk = new Walk(document)
  try {
    // Outside of a predicate ActiveMQ counts from nothing: position() and last() are 0.
    return boolean(expression({ walk, node: document.root, position: 0, size: 0 }))
  } catch (thrown) {
    // A mistake of types, such as count('a'), shows only now.
    if (thrown instanceof XPathSyntaxError) return false
    throw thrown
  }
}

/** The body of the evaluation that is running: parsed once, however many XPATH ask for it. */
let parsed: { readonly evaluation: number; readonly document: XmlDocument | null } = { evaluation: -1, document: null }

function documentOf(body: Uint8Array): XmlDocument | null {
  if (parsed.evaluation === currentEvaluation()) return parsed.document
  if (body.length > SELECTOR_LIMITS.body) return unanswerable()
  spend(body.length >> 4)
  const text = xmlText(body)
  parsed = { evaluation: currentEvaluation(), document: text === null ? null : parseXml(text) }
  return parsed.document
}
