/** The address of the JSON Schema that a document may name under `$schema`. */
export const SCHEMA_ADDRESS = 'https://tandemmq.dev/schema/activemq.json'

/** ActiveMQ's own namespace, in which everything is written that may be read under an older one. */
export const CORE = 'http://activemq.apache.org/schema/core'

/** What `xml:` always means. */
export const XML = 'http://www.w3.org/XML/1998/namespace'
export const XMLNS = 'http://www.w3.org/2000/xmlns/'
/** Hints to XML editors about schema files; they mean nothing to a broker. */
export const XSI = 'http://www.w3.org/2001/XMLSchema-instance'

/** A name without a prefix, as XML allows it. */
export const isName = (text: string): boolean =>
  /^[A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff][\w.\-\u00b7\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u037d\u037f-\u1fff]*$/.test(
    text,
  )

/** The first character that no XML text can hold: control characters and halves of a pair. */
export const unwritable = (text: string): string | null =>
  /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.exec(text)?.[0] ?? null

/** `{namespace}name`, or a name alone. */
export function parseQualified(key: string): { readonly uri: string; readonly local: string } {
  const match = /^\{([^}]*)\}(.*)$/s.exec(key)
  return match === null ? { uri: '', local: key } : { uri: match[1] ?? '', local: match[2] ?? '' }
}
