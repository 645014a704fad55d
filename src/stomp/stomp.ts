/**
 * STOMP 1.0, 1.1 and 1.2 as a server reads and writes it: bytes to frames, and the few frames that are not messages back.
 *
 *   chunks ─► FrameParser ─► Frame ─► session          parser: between ─► command ─► HeaderBlock ─► body ─► sink
 *               │  ▲  │        └ a view of the bytes     │
 *         fatal ┘  │  └ resume                           └ Intake keeps what a chunk left over
 *                  └ version, as negotiated
 *   session ─► connectedFrame · errorFrame · receiptFrame ─► bytes        heartBeatAction: wait, beat or drop
 *
 * Read: frame (the view) · parser (the states) · header-block (the hot loop) · intake (memory) · escape · heartbeat.
 * Promises: the same frames and the same one fatal text, however the bytes were cut; no string, no object per frame or
 * header line; work linear in the bytes received; memory about twice what was received and still needed.
 * Refuses: to judge a conversation. Frames before CONNECT and unknown words reach the sink; the texts are here, the
 * verdict is the session's. No clock and no socket: time comes in as numbers, bytes as Buffers.
 */
export { Command, DUPLICATE_CONNECT, frameBeforeConnect, serverOnlyCommand, unknownCommand } from './command.ts'
export { copyCanonical, copyDecoded, decode, encode, encodedLength } from './escape.ts'
export { Frame } from './frame.ts'
export { Header, HEADER_NAMES, headerCount } from './header.ts'
export {
  beatDueAt,
  dropDueAt,
  type HeartBeat,
  type HeartBeatAction,
  heartBeatAction,
  type HeartBeatOptions,
  type HeartBeatTimes,
  heartBeatTimes,
  nextLookAt,
  parseHeartBeat,
  timerDelay,
} from './heartbeat.ts'
export { DEFAULT_LIMITS, type FrameLimits, Violation } from './limits.ts'
export { FrameParser, type FrameSink } from './parser.ts'
export { type Connected, connectedFrame, errorFrame, type ErrorReport, HEART_BEAT, receiptFrame } from './serialize.ts'
export { trimControl } from './text.ts'
export { invalidVersion, negotiateVersion, Version, versionText } from './version.ts'
