import { Command } from './command.ts'
import { copyCanonical, decode, encode, encodedLength } from './escape.ts'
import { Header, headerCount, recogniseHeader } from './header.ts'
import { COLON, LF, isUtf8 } from './text.ts'
import { Version } from './version.ts'

/** Up to this many unknown names are compared one by one; beyond it a set keeps a hostile frame from being quadratic. */
const COMPARED_NAMES_MAX = 16
const EMPTY: Buffer = Buffer.alloc(0)

/**
 * A view of one received frame. The parser has one and refills it: it is valid only until the sink returns.
 *
 *     S E N D ⏎ d e s t i n a t i o n : / q u e u e / a ⏎ ⏎ b o d y NUL
 *               ▲ nameStart           ▲ nameEnd           ▲ bodyStart
 *                                       ▲ valueStart    ▲ valueEnd      ▲ bodyEnd (at the NUL)
 *
 * All positions are offsets into `bytes`. Lines are kept in order, first occurrence of each name only (S-FRM-09).
 */
export class Frame {
  command: Command = Command.unknown
  /** The rules the frame was read by: 1.0 for CONNECT and STOMP, whatever the connection speaks (S-FRM-11). */
  version: Version = Version.v10
  bytes: Buffer = EMPTY
  commandStart = 0
  commandEnd = 0
  /** How many header lines there are. */
  lines = 0
  nameStart: Int32Array = new Int32Array(16)
  nameEnd: Int32Array = new Int32Array(16)
  /** Value bounds, already trimmed and rid of CR as the version wants (S-FRM-05, 06, 14). */
  valueStart: Int32Array = new Int32Array(16)
  valueEnd: Int32Array = new Int32Array(16)
  /** The `Header` number of each line. */
  known: Uint8Array = new Uint8Array(16)
  /** 1: the value's bytes are already its STOMP 1.2 encoding and hold no escape, and name and value are valid UTF-8. */
  plain: Uint8Array = new Uint8Array(16)
  /** Body bounds; empty for anything but SEND (S-FRM-16). */
  bodyStart = 0
  bodyEnd = 0
  readonly #slots: Int16Array = new Int16Array(headerCount).fill(-1)
  #hashes: Int32Array = new Int32Array(16)
  #others = 0
  readonly #names: Set<string> = new Set()

  /** The command as received, trimmed; for error texts. */
  get commandText(): string {
    return this.bytes.toString('utf8', this.commandStart, this.commandEnd)
  }

  /** The line of a known header, or -1. For `activemqPrefix` the first of them. */
  line(header: Header): number {
    return this.#slots[header]!
  }

  /** The line of a header by name, or -1; walks all lines, so for rare names only. */
  find(name: string): number {
    for (let i = 0; i < this.lines; i++) if (this.name(i) === name) return i
    return -1
  }

  /** The name on a line; never decoded (S-FRM-13). */
  name(line: number): string {
    return this.bytes.toString('utf8', this.nameStart[line], this.nameEnd[line])
  }

  /** The decoded value on a line (S-FRM-10). Invalid UTF-8 becomes U+FFFD (S-FRM-15). */
  value(line: number): string {
    const text = this.bytes.toString('utf8', this.valueStart[line], this.valueEnd[line])
    return this.plain[line] === 1 ? text : decode(text, this.version)
  }

  /** The decoded value of a known header, or undefined when it is absent. */
  get(header: Header): string | undefined {
    const line = this.#slots[header]!
    return line < 0 ? undefined : this.value(line)
  }

  /** An upper bound, in bytes, of what `copyLine` writes. */
  lineLengthMax(line: number): number {
    const name = this.nameEnd[line]! - this.nameStart[line]!
    const value = this.valueEnd[line]! - this.valueStart[line]!
    // A broken byte becomes U+FFFD, three bytes.
    return this.plain[line] === 1 ? name + value + 2 : 3 * (name + value) + 2
  }

  /** Writes `name:value LF` in STOMP 1.2 encoding into `into` at `at`; answers the position behind it. */
  copyLine(line: number, into: Buffer, at: number): number {
    const nameStart = this.nameStart[line]!
    const valueStart = this.valueStart[line]!
    const valueEnd = this.valueEnd[line]!
    if (this.plain[line] === 0 && !this.#isUtf8(line)) {
      at += into.write(`${this.name(line)}:${encode(this.value(line), Version.v12)}\n`, at)
      return at
    }
    for (let i = nameStart, end = this.nameEnd[line]!; i < end; i++) into[at++] = this.bytes[i]!
    into[at++] = COLON
    if (this.plain[line] === 0) at = copyCanonical(this.bytes, valueStart, valueEnd, into, at, this.version)
    else for (let i = valueStart; i < valueEnd; i++) into[at++] = this.bytes[i]!
    into[at++] = LF
    return at
  }

  /** How many bytes the value on a line has when it is encoded for a consumer of `version`. */
  encodedLength(line: number, version: Version): number {
    if (this.plain[line] === 1) return this.valueEnd[line]! - this.valueStart[line]!
    return encodedLength(this.value(line), version)
  }

  /** Parser only: forgets the frame before. */
  reset(): void {
    for (let i = 0; i < this.lines; i++) this.#slots[this.known[i]!] = -1
    this.lines = 0
    this.#others = 0
    if (this.#names.size > 0) this.#names.clear()
  }

  /** Parser only: adds a line unless its name occurred before (S-FRM-09). `plain` as above, UTF-8 included. */
  add(
    bytes: Buffer,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
    hash: number,
    plain: number,
  ): void {
    const header = recogniseHeader(bytes, nameStart, nameEnd, hash)
    const line = this.lines
    if (header === Header.other || header === Header.activemqPrefix) {
      if (this.#occurred(bytes, nameStart, nameEnd, hash)) return
      this.#others++
    } else if (this.#slots[header]! >= 0) {
      return
    }
    if (line === this.known.length) this.#grow()
    if (this.#slots[header]! < 0 && header !== Header.other) this.#slots[header] = line
    this.nameStart[line] = nameStart
    this.nameEnd[line] = nameEnd
    this.valueStart[line] = valueStart
    this.valueEnd[line] = valueEnd
    this.known[line] = header
    this.plain[line] = plain
    this.#hashes[line] = hash
    this.lines = line + 1
  }

  /** Parser only: the bytes moved by `delta`. */
  shift(delta: number): void {
    this.commandStart += delta
    this.commandEnd += delta
    for (let i = 0; i < this.lines; i++) {
      this.nameStart[i]! += delta
      this.nameEnd[i]! += delta
      this.valueStart[i]! += delta
      this.valueEnd[i]! += delta
    }
    this.bodyStart += delta
    this.bodyEnd += delta
  }

  #occurred(bytes: Buffer, start: number, end: number, hash: number): boolean {
    if (this.#others < COMPARED_NAMES_MAX) {
      for (let i = 0; i < this.lines; i++) {
        if (this.#hashes[i] !== hash) continue
        const from = this.nameStart[i]!
        const length = this.nameEnd[i]! - from
        let same = 0
        if (length === end - start) while (same < length && bytes[from + same] === bytes[start + same]) same++
        if (length === end - start && same === length) return true
      }
      return false
    }
    if (this.#names.size === 0) {
      for (let i = 0; i < this.lines; i++) {
        this.#names.add(bytes.toString('latin1', this.nameStart[i], this.nameEnd[i]))
      }
    }
    const name = bytes.toString('latin1', start, end)
    if (this.#names.has(name)) return true
    this.#names.add(name)
    return false
  }

  #isUtf8(line: number): boolean {
    return (
      isUtf8(this.bytes, this.nameStart[line]!, this.nameEnd[line]!) &&
      isUtf8(this.bytes, this.valueStart[line]!, this.valueEnd[line]!)
    )
  }

  #grow(): void {
    const size = 2 * this.known.length
    const wide = (old: Int32Array): Int32Array => {
      const larger = new Int32Array(size)
      larger.set(old)
      return larger
    }
    const narrow = (old: Uint8Array): Uint8Array => {
      const larger = new Uint8Array(size)
      larger.set(old)
      return larger
    }
    this.nameStart = wide(this.nameStart)
    this.nameEnd = wide(this.nameEnd)
    this.valueStart = wide(this.valueStart)
    this.valueEnd = wide(this.valueEnd)
    this.#hashes = wide(this.#hashes)
    this.known = narrow(this.known)
    this.plain = narrow(this.plain)
  }
}
