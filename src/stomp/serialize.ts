import { encode } from './escape.ts'
import { Version, versionText } from './version.ts'

// Every frame of the server ends NUL LF (S-FRM-02); over WebSocket the transport leaves the LF off (S-WS-04).
const FRAME_END = '\n\0\n'

/** A single LF, the server's heart-beat (S-HB-04). Not to be written to. */
export const HEART_BEAT: Buffer = Buffer.from('\n')

export interface Connected {
  readonly version: Version
  /** `cy,cx`, as `parseHeartBeat` answers (S-HB-03). */
  readonly heartBeat: string
  /** The effective client id (S-CON-05). */
  readonly session: string
  /** `ActiveMQ/…` (S-CON-06). */
  readonly server: string
  /** `request-id`, or if absent `receipt`, of the CONNECT; echoed twice (S-CON-07). */
  readonly requestId?: string | undefined
}

/** CONNECTED (S-CON-04), never escaped whatever the version (S-FRM-12b). */
export function connectedFrame(connected: Connected): Buffer {
  const requestId = connected.requestId === undefined ? undefined : raw(connected.requestId)
  const echo = requestId === undefined ? '' : `response-id:${requestId}\nreceipt-id:${requestId}\n`
  return Buffer.from(
    `CONNECTED\nversion:${versionText(connected.version)}\nheart-beat:${raw(connected.heartBeat)}\n` +
      `session:${raw(connected.session)}\nserver:${raw(connected.server)}\n${echo}${FRAME_END}`,
  )
}

export interface ErrorReport {
  readonly message: string
  /** The `receipt` of the offending frame, if it had one; never for framing errors (S-LIM-06). */
  readonly receiptId?: string | undefined
  /** The connection's version once CONNECTED was sent; undefined before, which means 1.0 encoding (S-FRM-12b). */
  readonly version?: Version | undefined
  /** A security failure: the body is the message text and nothing else. */
  readonly security?: boolean
}

/** ERROR (S-ERR-01): body = message and LF, never a stack trace. */
export function errorFrame(report: ErrorReport): Buffer {
  const version = report.version ?? Version.v10
  // A text may quote what a client sent. There is no content-length, so a NUL in it would end the frame.
  const message = report.message.replaceAll('\0', ' ')
  const receipt = report.receiptId === undefined ? '' : `receipt-id:${encode(report.receiptId, version)}\n`
  const headers = `message:${encode(message, version)}\ncontent-type:text/plain\n${receipt}`
  return Buffer.from(`ERROR\n${headers}\n${message}${report.security === true ? '' : '\n'}\0\n`)
}

/** RECEIPT (S-RCP-01). */
export function receiptFrame(receiptId: string, version: Version): Buffer {
  return Buffer.from(`RECEIPT\nreceipt-id:${encode(receiptId, version)}\n${FRAME_END}`)
}

const raw = (value: string): string => encode(value, Version.v10)
