import { checksum } from './checksum.ts'

/** The polynomial of CRC-32, bits reversed; bit 31 is x^0. */
const POLYNOMIAL = 0xedb88320
const ONE = 0x80000000
/** Bytes between two prefixes whose sum is kept. */
const STEP = 64

const timesX = (a: number): number => (a & 1 ? (a >>> 1) ^ POLYNOMIAL : a >>> 1) >>> 0
const overX = (a: number): number => (a & ONE ? ((a ^ POLYNOMIAL) << 1) | 1 : a << 1) >>> 0

/** The product of two polynomials, modulo the one of CRC-32. */
function times(a: number, b: number): number {
  let product = 0
  let power = b | 0
  for (let left = a | 0; left !== 0; left <<= 1) {
    if (left < 0) product ^= power
    power = (power >>> 1) ^ (POLYNOMIAL & -(power & 1))
  }
  return product >>> 0
}

const DIGIT_BITS = 11
const DIGITS = 1 << DIGIT_BITS

/** Powers of a polynomial, by the digits of the exponent: three of them reach beyond any file that one buffer can hold. */
class Powers {
  readonly #tables: readonly Uint32Array[]

  constructor(base: number) {
    let factor = base
    this.#tables = [0, 1, 2].map(() => {
      const table = new Uint32Array(DIGITS)
      table[0] = ONE
      for (let digit = 1; digit < DIGITS; digit++) table[digit] = times(table[digit - 1]!, factor)
      factor = times(table[DIGITS - 1]!, factor)
      return table
    })
  }

  /** `a` times the power. */
  times(a: number, exponent: number): number {
    let left = exponent
    let product = a
    for (const table of this.#tables) {
      const digit = left % DIGITS
      if (digit !== 0) product = times(product, table[digit]!)
      left = (left - digit) / DIGITS
      if (left === 0) break
    }
    return product
  }
}

/**
 * Checksums of stretches of the same bytes, each at the same small price, however long it is. Who looks for records among
 * bytes that somebody sent would otherwise sum them as often as they look like the header of a record.
 *
 * A CRC is linear: crc(A, seed) = crc(A, 0) + seed · x^(8·|A|), so the sums of two prefixes tell that of what lies between
 * them. Every 64th prefix is kept: a sixteenth of the bytes in memory, once somebody asks for a long stretch.
 */
export class Sums {
  readonly #bytes: Buffer
  readonly #view: DataView
  #prefixes: Uint32Array | null = null
  /** Bytes summed so far. */
  summed = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** The crc of bytes [from, to), continuing from `seed`. */
  of(from: number, to: number, seed: number): number {
    if (to - from <= 2 * STEP) return this.#sum(from, to, seed)
    return (this.#prefix(to) ^ byteForward().times((this.#prefix(from) ^ seed) >>> 0, to - from)) >>> 0
  }

  /** The one crc of a record before the plausible one at `at` with which that one verifies. */
  seedOf(at: number): number {
    const crc = this.#view.getUint32(at, true)
    const [from, to] = [at + 4, at + this.#view.getUint32(at + 4, true)]
    if (to - from <= 2 * STEP) return byteBack().times((this.#sum(from, to, 0) ^ crc) >>> 0, to - from)
    return (byteBack().times((this.#prefix(to) ^ crc) >>> 0, to - from) ^ this.#prefix(from)) >>> 0
  }

  #prefix(end: number): number {
    this.#prefixes ??= this.#sumPrefixes()
    const kept = Math.floor(end / STEP)
    return this.#sum(kept * STEP, end, this.#prefixes[kept]!)
  }

  #sumPrefixes(): Uint32Array {
    const prefixes = new Uint32Array(Math.floor(this.#bytes.length / STEP) + 1)
    for (let i = 1; i < prefixes.length; i++) prefixes[i] = this.#sum((i - 1) * STEP, i * STEP, prefixes[i - 1]!)
    return prefixes
  }

  #sum(from: number, to: number, seed: number): number {
    if (from === to) return seed
    this.summed += to - from
    return checksum(this.#bytes, from, to, seed)
  }
}

/** One factor, so many times. */
function power(step: (a: number) => number, count: number): number {
  let product = ONE
  for (let i = 0; i < count; i++) product = step(product)
  return product
}

let forward: Powers | null = null
let back: Powers | null = null

/** x^8, and its inverse: a process that asks once for a long stretch asks again, and their tables cost more than a sum. */
const byteForward = (): Powers => (forward ??= new Powers(power(timesX, 8)))
const byteBack = (): Powers => (back ??= new Powers(power(overX, 8)))
