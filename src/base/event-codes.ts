/**
 * The codes of what happens, as they stand on lines of the log; what goes wrong has its code in codes.ts. Stable: people
 * filter and alert by them. Each with what it means and, where there is something to do, what.
 */
export const EVENTS = {
  // the node
  NODE_STARTING: 'The program begins to start a broker from the configuration named.',
  NODE_READY: 'The node is up; the line says its role, its ports, what was recovered and how long it took.',
  NODE_STOPPING: 'The node was asked to stop. It takes no new client, answers what it has read, and ends.',
  NODE_STOPPED: 'The node has ended, and everything that was acknowledged is on the disk.',
  NODE_STATE: 'A state dump, asked for with SIGUSR2: counts and limits, never messages.',
  NODE_LIMITS: 'The limits of this process and of the broker, as they are in effect.',
  NODE_RELOADED:
    'A reload (SIGHUP, or a file that runtimeConfigurationPlugin watches): users, groups, access rules, certificates, destination policies and the log level were read again and are in force.',
  NODE_RELOAD_REFUSED:
    'A reload: something that was changed in the files comes into force with a restart only, or cannot be used. What was in force before still is.',
  NODE_WATCHES:
    'runtimeConfigurationPlugin: the configuration file is looked at again and again, and read when it has changed; what came of that is told as of a reload.',
  // the store
  STORE_IN_USE: 'Another broker holds the data directory; this one waits for it and lets no client in.',
  STORE_RECOVERING: 'The journal is being read; the line says how far it is and how long it will take.',
  STORE_RECOVERED: 'What the journal held is back; the line says how much, and how long it took.',
  STORE_TAIL_CUT: 'The journal ended in a write that a crash had interrupted, and which nobody was told had succeeded.',
  STORE_VERIFIED:
    'Records on the disk were read and verified: all of them where the disk had failed in an earlier run, else what lies sealed, once a day or as -Dtandemmq.scrub says.',
  STORE_UNLOCKED: 'useLock="false": nothing keeps a second broker out of the data directory.',
  STORE_LIMIT: 'A limit of files was fitted to the room that the disk has.',
  STORE_DISK_SLOW:
    'Syncs to the disk take long, and every receipt waits for one. Give the data directory a faster disk, or one of its own.',
  STORE_RESUMED: 'The journal could not be written for a while and is written again.',
  // ports
  CONNECTOR_OPEN: 'A connector accepts clients at the address named.',
  CONNECTOR_STOPPED:
    'An administrator has stopped a connector: its clients were disconnected, and none is let in. start() of its MBean opens it again; so does a restart.',
  CONNECTOR_STARTED:
    'An administrator has opened a connector that was stopped, or that autoStart="false" had left closed.',
  CONNECTOR_UNSTARTED:
    'A connector has autoStart="false": it opens when start() of its MBean is called, and is closed again after the next start.',
  CONNECTOR_FAILED: 'A connector could not accept a connection; it goes on. Often too many files are open.',
  CONNECTOR_TLS: 'A note on the certificates or ciphers of a connector.',
  HTTP_OPEN: 'The HTTP interface answers at the address named.',
  HTTP_UNAVAILABLE:
    'The HTTP interface could not be opened; the broker runs without it. Choose another address with -Dtandemmq.http=HOST:PORT.',
  HTTP_CHANGE: 'Somebody on this machine asked for a change over HTTP, and it was accepted.',
  HTTP_POLICY: 'What may be asked of /api/jolokia: the policy, or the file, that is in force.',
  HTTP_REFUSED: 'A client was refused at the HTTP interface, by its login, its address or the access policy.',
  MANAGEMENT_CALL: 'Somebody asked over HTTP for an operation or another value of an attribute, and was allowed to.',
  HTTP_SCRAPED: 'Prometheus scrapes a path that answers JSON. Let it scrape /metrics.',
  HTTP_FAILED: 'A request over HTTP could not be answered.',
  // clients
  CLIENT_CONNECTED: 'A connection was accepted; what is behind it is not known yet.',
  CLIENT_CLOSED: 'A connection ended.',
  CLIENT_LOGIN: 'A client proved who it is, and is served.',
  CLIENT_REFUSED: 'A connection was closed with an ERROR frame, for the reason in the sentence.',
  CLIENT_DENIED:
    'A client asked for something that its user may not, and was told so. Add the right to the authorizationEntry, or correct the client.',
  CLIENT_LOGIN_FAILED:
    'A client gave a login or a passcode that is not right. Compare it with the users that the configuration names.',
  LOGIN_SLOWED:
    'Several different wrong passwords came from one address. Its logins wait now before they are judged, up to four seconds each, until ten minutes have passed without another. Find out who tries them, and close the port to that address; -Dtandemmq.loginDelay=false, where all clients come from one address, turns it off.',
  CLIENT_DROPPED: 'An administrator closed the connection of a client.',
  CLIENT_SILENT: 'A client sent no heart-beat in the time that it had promised; its connection was closed.',
  CLIENT_FOREIGN:
    'A client speaks another protocol than STOMP, or the wrong one for this port. Point it at the STOMP connector.',
  CLIENT_TLS: 'A TLS handshake failed: wrong protocol, no common cipher, or a certificate that is not trusted.',
  CLIENT_SLOW: 'A consumer takes its messages more slowly than a slow-consumer strategy allows.',
  CLIENT_SENDS_DROPPED:
    'A connection ended while its messages waited for space, and too much waits so. They were never confirmed: send them again.',
  CLIENT_WAITS: 'Senders to a destination wait, because a limit is reached. Consume, or raise the limit that is named.',
  // the pair
  PAIR_EVENT: 'Something happened between the nodes of a pair; the sentence says what.',
  PAIR_IN_SYNC: 'Both nodes hold everything that was acknowledged. A failure of either loses nothing.',
  PAIR_ATTACH: 'A passive attaches and is brought up to date.',
  PAIR_LOST: 'The connection between the nodes ended. Look at the other node and at the network.',
  PAIR_ALONE:
    'The active serves alone: one copy of what is acknowledged from now on, until a passive is in sync again.',
  PAIR_TAKEOVER: 'This node leads from now on. Clients reconnect to it.',
  PAIR_STEP_DOWN: 'This node leads no more: the other one does, and this one follows it.',
  PAIR_HANDOVER:
    'The lead passes to the passive, as was asked for, or because the disk of the active takes nothing; nothing is lost.',
  PAIR_REFUSED: 'The nodes, or a person, asked for something that the pair does not allow now; the sentence says why.',
  PAIR_COPY: 'A whole copy of the journal is taken or given, or could not be.',
  PAIR_SALVAGE: 'What only one node held was exported before it was cut off. "tandemmq salvage list" shows it.',
  PAIR_VERIFIED:
    'Both copies were compared ("tandemmq pair verify"), and are equal as far as the line says, or differ from there on. If they differ, keep both data directories: "tandemmq store check" shows damage in either.',
  PAIR_CLOCKS:
    'The clocks of the two nodes differ. After a take-over messages would expire, and scheduled ones come, that much too early or too late. Let both ask a time server (NTP).',
  PAIR_DIFFERS: 'The files of the two nodes differ in what clients would notice after a take-over. Make them alike.',
  // what is configured
  SECURITY_FILE: 'A file of users or groups has changed, and was read again, or cannot be used.',
  SECURITY_DEFAULT: "A login of ActiveMQ's examples still works. Change its password.",
  OPTIONS_IGNORED: 'Options of a Java virtual machine were given, and have no meaning here.',
  DESTINATION_REMOVED: 'A destination that nobody used for long enough was removed, as its policy says.',
  SUBSCRIPTION_REMOVED: 'A durable subscription whose owner stayed away for too long was removed, as configured.',
  HISTORY_FULL:
    'What topics keep for late subscribers has reached its share of the memory; the oldest goes, or what comes is not retained.',
  TEMP_STORE_FAILED:
    'A backlog that did not fit into memory could not be written to or read from tmp_storage. Check that disk.',
  PLUGIN_FILE: 'A file that a plugin writes or reads (destinations, pictures) could not be used. Check its path.',
  MESSAGE_SKIPPED: 'A message could not be read where it lies, and stays there.',
  MAINTENANCE_FAILED: 'A snapshot, or the removal of spent segments, failed; it is tried again.',
  // the log itself
  LOG_FOLDED: 'The same line came so often that further ones were only counted.',
} as const

/** Every code of something that happens. */
export type EventCode = keyof typeof EVENTS
