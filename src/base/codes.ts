/** Every code TandemMQ reports. The compiler holds the union and the catalogue together. */
export type Code =
  // configuration
  | 'CONFIG_NOT_FOUND'
  | 'CONFIG_SOURCE'
  | 'CONFIG_NOT_WELL_FORMED'
  | 'CONFIG_XML_FORBIDDEN'
  | 'CONFIG_NO_BROKER'
  | 'CONFIG_NO_NAMESPACE'
  | 'CONFIG_SEVERAL_BROKERS'
  | 'CONFIG_IMPORT'
  | 'CONFIG_UNKNOWN_ELEMENT'
  | 'CONFIG_UNKNOWN_ATTRIBUTE'
  | 'CONFIG_MISPLACED'
  | 'CONFIG_VALUE'
  | 'CONFIG_REFERENCE'
  | 'CONFIG_DUPLICATE_NAME'
  | 'CONFIG_REPEATED'
  | 'CONFIG_CONTRADICTION'
  | 'CONFIG_PLACEHOLDER'
  | 'CONFIG_PROPERTIES_FILE'
  | 'CONFIG_ENCRYPTED'
  | 'CONFIG_EXPRESSION'
  | 'CONFIG_TEMPLATE'
  | 'CONFIG_NOT_SERVED'
  | 'CONFIG_NO_EFFECT'
  | 'CONFIG_PROTECTION'
  | 'CONFIG_OVERRIDDEN'
  | 'CONFIG_JAVA_BEAN'
  | 'CONFIG_URI'
  | 'CONFIG_URI_OPTION'
  | 'CONFIG_SCHEME'
  | 'CONFIG_NO_CONNECTOR'
  | 'CONFIG_PAIR'
  | 'CONFIG_PAIR_ALONE'
  | 'CONFIG_STORE'
  | 'CONFIG_FOREIGN_STORE'
  | 'CONFIG_LIMIT'
  | 'CONFIG_OPEN'
  | 'CONFIG_ACL'
  | 'CONFIG_TLS'
  | 'CONFIG_LOGIN'

/**
 * The error catalogue: what each code means and what to do next, for `explain` and for whoever reads a log.
 * A test walks it against the sources: no code without a place that reports it.
 */
export const CODES: Readonly<Record<Code, string>> = {
  // configuration
  CONFIG_NOT_FOUND: 'The configuration file does not exist or cannot be read. Check the path after xbean:file:.',
  CONFIG_SOURCE: 'The configuration was not named as a local file. Give xbean:file:PATH, xbean:PATH or PATH.',
  CONFIG_NOT_WELL_FORMED:
    'The file is not well-formed XML. Correct it at the place named; inside a URI, & is written &amp;.',
  CONFIG_XML_FORBIDDEN:
    'The file declares entities or exceeds a limit on size, depth or attributes. Such files are never read.',
  CONFIG_NO_BROKER: 'The file holds no <broker> element. Give the activemq.xml of an ActiveMQ Classic broker.',
  CONFIG_NO_NAMESPACE: 'The <broker> element is in no namespace. Add xmlns="http://activemq.apache.org/schema/core".',
  CONFIG_SEVERAL_BROKERS:
    'The file holds more than one broker; one is started. Give each a file and a process of its own.',
  CONFIG_IMPORT: 'An <import> cannot be followed. Check the path; only files are read, and no file may import itself.',
  CONFIG_UNKNOWN_ELEMENT: 'No ActiveMQ version knows this element. Check its spelling.',
  CONFIG_UNKNOWN_ATTRIBUTE:
    'No ActiveMQ version knows this attribute on this element. Check its spelling, case included.',
  CONFIG_MISPLACED: 'An element or text stands where it cannot. The hint shows the nesting that is meant.',
  CONFIG_VALUE: 'A value is not of the type or in the range of its setting.',
  CONFIG_REFERENCE: 'A #reference names no bean of the file. Check the id.',
  CONFIG_DUPLICATE_NAME: 'Two objects have the same id or name. ActiveMQ refuses that as well; rename one.',
  CONFIG_REPEATED: 'Something is given twice; the last one counts. Remove one.',
  CONFIG_CONTRADICTION: 'Two settings exclude each other. Keep one of them.',
  CONFIG_PLACEHOLDER:
    'A ${placeholder} cannot be resolved, or no configurer is declared for it. Set it with -Dname=value.',
  CONFIG_PROPERTIES_FILE: 'A properties file cannot be read. Create it, or remove its location.',
  CONFIG_ENCRYPTED: 'An ENC(…) value cannot be decrypted. Give the password where the encryptor bean expects it.',
  CONFIG_EXPRESSION: 'Spring expressions #{…} are not evaluated. Write the value or a ${placeholder}.',
  CONFIG_TEMPLATE: 'The value is part of a template that was not rendered. Render the file first.',
  CONFIG_NOT_SERVED: 'This is valid, but TandemMQ does not do it (yet); the sentence says what is lost.',
  CONFIG_NO_EFFECT: 'This is valid and has no effect here. Nothing to do.',
  CONFIG_PROTECTION: 'This may protect something and cannot be honoured, so the broker does not start without it.',
  CONFIG_OVERRIDDEN: 'A refusal was overridden by a -Dtandemmq.… property; it is repeated at every start.',
  CONFIG_JAVA_BEAN: 'A Java class stands here, which cannot be run.',
  CONFIG_URI: 'A connector URI cannot be used. It looks like stomp://0.0.0.0:61613?name=value.',
  CONFIG_URI_OPTION: 'A connector URI has an unknown or wrong option. ActiveMQ ignored those; check the spelling.',
  CONFIG_SCHEME: 'This transport is unknown or not opened. Clients connect by STOMP.',
  CONFIG_NO_CONNECTOR: 'No connector speaks STOMP. Add <transportConnector name="stomp" uri="stomp://0.0.0.0:61613"/>.',
  CONFIG_PAIR: 'The connection to the active twin is incomplete. Give remoteURI.',
  CONFIG_PAIR_ALONE: 'A setting of the pair was read, but this version serves no pair: the broker runs alone.',
  CONFIG_STORE: 'Something about the store that you should know; the sentence says what.',
  CONFIG_FOREIGN_STORE:
    'The directory holds messages of an ActiveMQ store, which are not read. Drain it with ActiveMQ first.',
  CONFIG_LIMIT: 'A limit does not fit this machine or process and was changed.',
  CONFIG_OPEN: 'The broker is more open, or more closed, than its owner may think.',
  CONFIG_ACL: 'An access rule names a group that no user is in.',
  CONFIG_TLS: 'The TLS settings cannot be put in force as written, so the broker does not start.',
  CONFIG_LOGIN: 'The JAAS login configuration is missing. Put login.config beside the XML file.',
}
