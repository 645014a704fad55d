/** What went over one connection, and how it went. Counted where it costs an addition; read by management. */
export class Traffic {
  /** Bytes from and to the client. */
  bytesIn = 0
  bytesOut = 0
  /** Wall clock of its CONNECT, ms; 0: it did not connect. */
  since = 0
  /** Why it was ended with an ERROR, if it was: somebody may not, or said what STOMP does not allow. */
  failure: 'security' | 'protocol' | null = null
}
