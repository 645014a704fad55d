/** Every code TandemMQ reports. The compiler holds the union and the catalogue together. */
export type Code =
  // configuration
  | 'CONFIG_NOT_FOUND'
  // transport
  | 'TRANSPORT_BIND'
  // store
  | 'STORE_UNKNOWN_RECORD'
  | 'STORE_BAD_SNAPSHOT'
  // journal
  | 'JOURNAL_CORRUPT'
  | 'JOURNAL_FAILED'
  | 'JOURNAL_IO'
  | 'JOURNAL_LOCKED'
  | 'JOURNAL_LOCK_UNAVAILABLE'
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

/**
 * The error catalogue: what each code means and what to do next, for `explain` and for whoever reads a log.
 * A test walks it against the sources: no code without a place that reports it.
 */
export const CODES: Readonly<Record<Code, string>> = {
  CONFIG_NOT_FOUND: 'The configuration file does not exist or cannot be read. Check the path after xbean:file:.',
  // journal
  JOURNAL_CORRUPT:
    'The journal is damaged before its end, so cutting it there could lose acknowledged messages. Nothing was changed. Copy the data directory, then run "tandemmq store check" to see the damage; restore the named file from a backup or the twin.',
  JOURNAL_FAILED:
    'The journal has stopped: a write or fsync failed, or it was closed. Nothing is acknowledged any more. Check the disk and its log, then restart: everything that was acknowledged is read back.',
  JOURNAL_IO: 'A file of the data directory could not be read or written. Check the disk, the permissions and the free space.',
  JOURNAL_LOCKED: 'Another broker holds the data directory. Stop it, or give this broker a data directory of its own.',
  JOURNAL_LOCK_UNAVAILABLE:
    'The data directory cannot be locked on this platform or file system. Set useLock="false" on the persistence adapter, and make sure that no second broker uses the directory.',
  // store
  STORE_UNKNOWN_RECORD: 'The journal holds a record of a newer TandemMQ. Start it with that version.',
  STORE_BAD_SNAPSHOT: 'A snapshot has another format; the broker recovers from the journal instead.',
  // transport
  TRANSPORT_BIND: 'A connector cannot open its port. Stop whoever uses it, or change the port in the connector.',
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
}
