import { bytesEqual } from './text.ts'

/** What a client may ask for. `unknown` is any other word; the session refuses it with `unknownCommand`. */
export const Command = {
  unknown: 0,
  connect: 1,
  stomp: 2,
  send: 3,
  subscribe: 4,
  unsubscribe: 5,
  ack: 6,
  nack: 7,
  begin: 8,
  commit: 9,
  abort: 10,
  disconnect: 11,
} as const
export type Command = (typeof Command)[keyof typeof Command]

const word = (text: string): Buffer => Buffer.from(text, 'latin1')

const SEND = word('SEND')
const WORDS: readonly (readonly [Buffer, Command])[] = [
  [word('ACK'), Command.ack],
  [word('NACK'), Command.nack],
  [word('BEGIN'), Command.begin],
  [word('COMMIT'), Command.commit],
  [word('ABORT'), Command.abort],
  [word('CONNECT'), Command.connect],
  [word('STOMP'), Command.stomp],
  [word('DISCONNECT'), Command.disconnect],
]
const SUB = word('SUB')
const UNSUB = word('UNSUB')
const SERVER_ONLY = [word('CONNECTED'), word('MESSAGE'), word('RECEIPT'), word('ERROR')]

/** Recognises the trimmed command in [start, end). Anything beginning with SUB or UNSUB is that command (S-FRM-21). */
export function recogniseCommand(bytes: Buffer, start: number, end: number): Command {
  if (bytesEqual(bytes, start, end, SEND)) return Command.send
  for (const [text, command] of WORDS) if (bytesEqual(bytes, start, end, text)) return command
  if (bytesEqual(bytes, start, Math.min(end, start + 3), SUB)) return Command.subscribe
  if (bytesEqual(bytes, start, Math.min(end, start + 5), UNSUB)) return Command.unsubscribe
  return Command.unknown
}

/** Is it a command that only a server sends? */
export const isServerOnly = (bytes: Buffer, start: number, end: number): boolean =>
  SERVER_ONLY.some(text => bytesEqual(bytes, start, end, text))

const SERVER_MODE = "StompWireFormat is configured for 'server' mode and received"

/** Fatal text for a server-only command (S-FRM-22). */
export const serverOnlyCommand = (command: string): string =>
  `${SERVER_MODE} a frame that is only expected when configured for 'client' mode: ${command}`
/** Fatal text for a word that is no command (S-FRM-23). */
export const unknownCommand = (command: string): string => `Unknown STOMP action: ${command}`
/** Fatal text for any frame ahead of CONNECT (S-CON-16). */
export const frameBeforeConnect = (command: string): string =>
  `${SERVER_MODE} an unexpected frame before CONNECT or STOMP frame: ${command}`
/** Fatal text for a second CONNECT (S-CON-17). */
export const DUPLICATE_CONNECT: string = `${SERVER_MODE} a duplicate CONNECT or STOMP frame`
