import { type Frame, type FrameLimits, FrameParser, type Version } from '../../src/stomp/stomp.ts'

/** What a test wants to know of a frame: plain data that outlives the view. */
export interface Seen {
  readonly command: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

export interface Outcome {
  readonly frames: readonly Seen[]
  readonly fatal: readonly string[]
}

export interface Feed {
  readonly version?: Version
  readonly limits?: Partial<FrameLimits>
}

export const seen = (frame: Frame): Seen => ({
  command: frame.commandText,
  headers: Array.from({ length: frame.lines }, (_, line) => [frame.name(line), frame.value(line)] as const),
  body: frame.bytes.toString('latin1', frame.bodyStart, frame.bodyEnd),
})

/** Feeds the pieces and writes down all that came of it. */
export function feed(pieces: readonly Buffer[], options: Feed = {}): Outcome {
  const frames: Seen[] = []
  const fatal: string[] = []
  const parser = new FrameParser(options.limits ?? {}, {
    frame: frame => frames.push(seen(frame)) > 0,
    fatal: message => void fatal.push(message),
  })
  parser.version = options.version ?? 2
  for (const piece of pieces) {
    // The parser must not rely on a chunk after push: hand it a copy and spoil that.
    const chunk = Buffer.from(piece)
    parser.push(chunk)
    chunk.fill(0x23)
  }
  return { frames, fatal }
}

/** The bytes whole, byte by byte, and (up to 600 bytes) cut in two at every position. */
export function cuts(bytes: Buffer): Buffer[][] {
  const ways = [[bytes], Array.from(bytes, byte => Buffer.from([byte]))]
  for (let at = 1; at < bytes.length && bytes.length <= 600; at++)
    ways.push([bytes.subarray(0, at), bytes.subarray(at)])
  return ways
}
