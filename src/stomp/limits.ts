/** What one connector accepts; bytes and counts. All of it applies before CONNECT too (S-LIM-06). */
export interface FrameLimits {
  /** Bytes of the command line; one more still passes (S-LIM-01). */
  readonly maxCommandLength: number
  /** Bytes of one header line without its end; one more still passes (S-LIM-02). */
  readonly maxHeaderLength: number
  /** Distinct header names; one more still passes (S-LIM-03). */
  readonly maxHeaders: number
  /** Bytes of a body; a NUL-terminated one may have one more (S-LIM-04). */
  readonly maxDataLength: number
  /** Bytes of trimmed command, header lines and body together; 0 = unlimited (S-LIM-05). */
  readonly maxFrameSize: number
  /** The connector is one of the `nio` kinds, which name an excess inside the header block differently (S-LIM-05). */
  readonly nio: boolean
}

export const DEFAULT_LIMITS: FrameLimits = {
  maxCommandLength: 1024,
  maxHeaderLength: 10240,
  maxHeaders: 1000,
  maxDataLength: 104857600,
  maxFrameSize: 0,
  nio: false,
}

/** The fatal texts of framing: S-LIM-01..05, S-FRM-17..19. */
export const Violation = {
  commandLength: 'The maximum command length was exceeded',
  headerLength: 'The maximum header length was exceeded',
  headers: 'The maximum number of headers was exceeded',
  dataLength: 'The maximum data length was exceeded',
  frameSize: 'The maximum frame size was exceeded',
  frameSizeInHeaders: 'The maximum frame size was exceeded while processing headers.',
  contentLengthNotInteger: 'Specified content-length is not a valid integer',
  contentLengthNegative: 'Specified content-length may not be negative',
  noTrailingNul: 'content-length bytes were read and there was no trailing null byte',
} as const
export type Violation = (typeof Violation)[keyof typeof Violation]
