/** Every code TandemMQ reports. The compiler holds the union and the catalogue together. */
export type Code =
  // configuration
  | 'CONFIG_NOT_FOUND'
  // broker
  | 'DESTINATION_IN_USE'
  | 'DESTINATION_LIMIT'
  | 'DESTINATION_UNKNOWN'
  | 'BROKER_STOPPED'
  | 'SELECTOR_INVALID'
  // transport
  | 'TRANSPORT_BIND'
  // store
  | 'STORE_UNKNOWN_RECORD'
  | 'STORE_BAD_SNAPSHOT'
  | 'STORE_NEWER'
  | 'STORE_NETWORK_DISK'
  // journal
  | 'JOURNAL_CORRUPT'
  | 'JOURNAL_CHAIN'
  | 'JOURNAL_CUT'
  | 'JOURNAL_FAILED'
  | 'JOURNAL_IO'
  | 'JOURNAL_LOCKED'
  | 'JOURNAL_LOCK_UNAVAILABLE'
  // pair
  | 'PAIR_PASSIVE'
  | 'PAIR_STOPPED'
  | 'PAIR_WIPE_REFUSED'
  // twin
  | 'TWIN_META_INVALID'
  | 'TWIN_COPY_FAILED'
  | 'TWIN_SALVAGE'
  // security
  | 'AUTH_LOGIN_CONFIG'
  | 'AUTH_REALM_MISSING'
  | 'AUTH_MODULE_UNSUPPORTED'
  | 'AUTH_OPTION_INVALID'
  | 'AUTH_FILE_UNREADABLE'
  | 'AUTH_FILE_INVALID'
  | 'DECRYPT_FAILED'
  | 'DECRYPT_UNSUPPORTED'
  | 'TLS_STORE_UNREADABLE'
  | 'TLS_STORE_UNSUPPORTED'
  | 'TLS_STORE_INVALID'
  | 'TLS_PASSWORD_WRONG'
  | 'TLS_KEY_MISSING'
  | 'TLS_TRUST_MISSING'
  | 'TLS_CRL_INVALID'
  | 'TLS_PROTOCOL_UNSUPPORTED'
  | 'TLS_CIPHER_UNSUPPORTED'
  | 'TLS_CERTIFICATE_EXPIRED'
  | 'TLS_CERTIFICATE_EXPIRES'
  | 'CONFIG_SOURCE'
  | 'CONFIG_NOT_WELL_FORMED'
  | 'CONFIG_XML_FORBIDDEN'
  | 'CONFIG_FORM'
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
  | 'CONFIG_PROPERTY'
  | 'CONFIG_STORE'
  | 'CONFIG_FOREIGN_STORE'
  | 'CONFIG_LIMIT'
  | 'CONFIG_OPEN'
  | 'CONFIG_ACL'
  | 'CONFIG_TLS'
  | 'CONFIG_LOGIN'
  | 'FINDINGS_TOO_MANY'
  // validate --target
  | 'TARGET_REJECTED'
  | 'TARGET_IGNORED'
  // upgrade
  | 'UPGRADE_DECISION'
  | 'UPGRADE_NOT_IN_VERSION'
  | 'UPGRADE_MEANING'
  | 'UPGRADE_ENCODING'
  // client
  | 'CLIENT_ADDRESS'
  | 'CLIENT_UNREACHABLE'
  | 'CLIENT_NOT_STOMP'
  | 'CLIENT_REFUSED'
  | 'CLIENT_ERROR'
  | 'CLIENT_LOST'

/**
 * The error catalogue: what each code means and what to do next, for `explain` and for whoever reads a log.
 * A test walks it against the sources: no code without a place that reports it.
 */
export const CODES: Readonly<Record<Code, string>> = {
  // configuration
  CONFIG_NOT_FOUND: 'The configuration file does not exist or cannot be read. Check the path after xbean:file:.',
  // journal
  JOURNAL_CORRUPT:
    'The journal is damaged before its end, so cutting it there could lose acknowledged messages. Nothing was changed. "tandemmq store check" shows the damage. With a twin: let it lead, and bring this node home as one with a new disk. Without: restore a backup, or "tandemmq store salvage DIRECTORY --to FILE" writes every message that can still be read, for "tandemmq import".',
  JOURNAL_CHAIN:
    'Journal bytes from the twin do not continue the journal here, so nothing of them was kept. The twins compare their histories again by themselves; if this repeats, check the network and the memory of both machines.',
  JOURNAL_CUT:
    'The journal cannot be cut at that position. Nothing was changed; a base copy from the active brings the twins together.',
  JOURNAL_FAILED:
    'The journal has stopped: a write or fsync failed, or it was closed. Nothing is acknowledged any more. Check the disk and its log, then restart: everything that was acknowledged is read back.',
  JOURNAL_IO:
    'A file of the data directory could not be read or written. Check the disk, the permissions and the free space.',
  JOURNAL_LOCKED: 'Another broker holds the data directory. Stop it, or give this broker a data directory of its own.',
  JOURNAL_LOCK_UNAVAILABLE:
    'The data directory cannot be locked on this platform or file system. Set useLock="false" on the persistence adapter, and make sure that no second broker uses the directory.',
  // store
  STORE_UNKNOWN_RECORD: 'The journal holds a record of a newer TandemMQ. Start it with that version.',
  STORE_NEWER:
    'The data directory was written by a newer TandemMQ. Nothing was changed. Start it with the version that the sentence names, or go back to the copy that was made before the upgrade.',
  STORE_NETWORK_DISK:
    'The data directory lies on a network file system, where locks may be lost and syncs may not hold. Use a local disk and a pair, or give -Dtandemmq.networkStore=true if you know it to be safe.',
  STORE_BAD_SNAPSHOT: 'A snapshot has another format; the broker recovers from the journal instead.',
  // broker
  DESTINATION_IN_USE: 'A destination has consumers. End their subscriptions first, or force its removal.',
  DESTINATION_LIMIT: 'A policyEntry allows no more destinations (maxDestinations). Raise it, or remove some.',
  DESTINATION_UNKNOWN: 'There is no destination of that name and kind. Check the name; it is case-sensitive.',
  BROKER_STOPPED:
    'The broker stopped or handed over while it worked. What was done is done; ask the node that leads now for the rest.',
  SELECTOR_INVALID: 'The text is no selector; the sentence says where it ceases to be one. Correct it there.',
  // transport
  TRANSPORT_BIND: 'A connector cannot open its port. Stop whoever uses it, or change the port in the connector.',
  // pair
  PAIR_PASSIVE: 'The node is a passive: ask its active, or wait until it has taken over.',
  PAIR_STOPPED: 'The pair ended this node, for the reason in the sentence; its copy is intact.',
  PAIR_WIPE_REFUSED:
    'deleteAllMessagesOnStartup would wipe a store of a pair. Remove the attribute, or give -Dtandemmq.pair.deleteAll=true.',
  // twin
  TWIN_META_INVALID:
    'tandemmq-store.json, which says where the journal lies and what this node is in its pair, is missing or damaged. Restore it from a backup; without it the node would forget its twin.',
  TWIN_COPY_FAILED:
    "The copy of the active's journal could not be completed. What was here before is intact; the copy is tried again.",
  TWIN_SALVAGE:
    'A salvage directory cannot be read or written. Check the disk and the path; "tandemmq salvage list" shows what there is.',
  // security
  AUTH_LOGIN_CONFIG: 'The JAAS login configuration cannot be read or is malformed. Correct it at the line named.',
  AUTH_REALM_MISSING: 'The login configuration has no entry of that name. Correct the plugin or add the entry.',
  AUTH_MODULE_UNSUPPORTED: 'This login module is not served; running without it would leave the broker unprotected.',
  AUTH_OPTION_INVALID: 'An option of a login module is missing or cannot be honoured.',
  AUTH_FILE_UNREADABLE: 'A file of users or groups cannot be read. Check its path (baseDir) and its permissions.',
  AUTH_FILE_INVALID: 'A file of users or groups holds something that cannot be honoured. Correct the line named.',
  DECRYPT_FAILED: 'An ENC(…) value cannot be decrypted. Check ACTIVEMQ_ENCRYPTION_PASSWORD and the algorithm.',
  DECRYPT_UNSUPPORTED: 'The encryption algorithm is not served. Encrypt anew with PBEWITHHMACSHA256ANDAES_256.',
  TLS_STORE_UNREADABLE: 'A key store, trust store or revocation list cannot be read. Check its path and permissions.',
  TLS_STORE_UNSUPPORTED: 'The format of a store is not served. Convert it with keytool -importkeystore to PKCS12.',
  TLS_STORE_INVALID: 'A store is damaged, or its key and certificate do not belong together.',
  TLS_PASSWORD_WRONG: 'The password of a store, or of the key in it, is wrong or missing.',
  TLS_KEY_MISSING: 'A TLS connector needs a private key with its certificate; the key store holds none.',
  TLS_TRUST_MISSING: 'Client certificates are demanded, but no trusted certificate says whose. Configure a trustStore.',
  TLS_CRL_INVALID: 'The revocation list holds no readable CRL. Give PEM or DER.',
  TLS_PROTOCOL_UNSUPPORTED: 'enabledProtocols names a set that cannot be served. Use TLSv1.2, TLSv1.3 or both.',
  TLS_CIPHER_UNSUPPORTED: 'enabledCipherSuites names a suite that cannot be served. Remove it or name a modern one.',
  TLS_CERTIFICATE_EXPIRED:
    'A certificate that this node shows has expired: whoever verifies it does not connect any more. Replace it in the key store, then "tandemmq reload".',
  TLS_CERTIFICATE_EXPIRES:
    'A certificate that this node shows expires within thirty days. Replace it in the key store, then "tandemmq reload"; connections that are open notice nothing.',
  CONFIG_SOURCE: 'The configuration was not named as a local file. Give xbean:file:PATH, xbean:PATH or PATH.',
  CONFIG_NOT_WELL_FORMED:
    'The file is not well-formed XML, JSON or YAML. Correct it at the place named; inside a URI in XML, & is written &amp;.',
  CONFIG_XML_FORBIDDEN:
    'The file declares entities, uses YAML aliases, or exceeds a limit on size, depth or attributes. Such files are never read.',
  CONFIG_FORM:
    'The JSON or YAML is not in the form of a configuration. Convert an activemq.xml with "tandemmq convert" to see the form.',
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
  CONFIG_NO_CONNECTOR:
    'No connector speaks STOMP, or none opens by itself (autoStart="false"). Add <transportConnector name="stomp" uri="stomp://0.0.0.0:61613"/>.',
  CONFIG_PAIR: 'Something about the pair cannot be used as written, or you should know it; the sentence says what.',
  CONFIG_PROPERTY: 'A -Dtandemmq.… setting is unknown or has a value that it cannot have. Correct or remove it.',
  CONFIG_STORE: 'Something about the store that you should know; the sentence says what.',
  CONFIG_FOREIGN_STORE:
    'The directory holds messages of an ActiveMQ store, which are not read. Drain it with ActiveMQ first.',
  CONFIG_LIMIT: 'A limit does not fit this machine or process and was changed.',
  CONFIG_OPEN: 'The broker is more open, or more closed, than its owner may think.',
  CONFIG_ACL: 'An access rule names a group that no user is in.',
  CONFIG_TLS: 'The TLS settings cannot be put in force as written, so the broker does not start.',
  FINDINGS_TOO_MANY: 'There are more findings than anybody reads. Correct the ones that are listed first.',
  CONFIG_LOGIN: 'The JAAS login configuration is missing. Put login.config beside the XML file.',
  // validate --target
  TARGET_REJECTED:
    'The ActiveMQ version that was asked about does not start with this. Remove it or write it as the hint says; TandemMQ takes it as it is.',
  TARGET_IGNORED:
    'The ActiveMQ version that was asked about accepts this and does nothing about it, or reads it without a word of warning.',
  // upgrade
  UPGRADE_DECISION:
    'Something old or wrong has more than one successor, or a new form would mean something else. Decide, and write it by hand.',
  UPGRADE_NOT_IN_VERSION:
    'The version that the file is upgraded for has no word for this. It was left as it is, and that ActiveMQ rejects it.',
  UPGRADE_MEANING:
    'The rewritten file would not have meant the same, so nothing was rewritten. Please report the file: this is a defect.',
  UPGRADE_ENCODING: 'The file cannot be written back in its encoding, so it was left alone. Save it as UTF-8 first.',
  // client
  CLIENT_ADDRESS:
    'An address of a broker cannot be read. It looks like stomp://HOST:61613, stomp+ssl://HOST:61612 or failover:(ADDRESS,ADDRESS).',
  CLIENT_UNREACHABLE:
    'No broker answers at this address. Check that it runs, and the host and port of its STOMP connector.',
  CLIENT_NOT_STOMP:
    'Something answers at this port, and it is not STOMP. Take the port of the stomp connector in the activemq.xml, usually 61613.',
  CLIENT_REFUSED: 'The broker refused the login. Check the user and the password; TLS clients may need a certificate.',
  CLIENT_ERROR: 'The broker refused what was asked; the sentence holds its answer.',
  CLIENT_LOST:
    'The connection to the broker ended. What had its receipt is safe; the rest may or may not have arrived.',
}
