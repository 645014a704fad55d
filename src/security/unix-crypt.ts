/**
 * crypt(3) as Unix had it first: a password of eight characters and a salt of two, through a salted DES 25 times. Only to
 * compare with what old realms hold (Jetty's `CRYPT:`); it protects nothing today. Some tens of microseconds: whoever
 * tries passwords shall not keep the broker from its work.
 */
export function unixCrypt(password: string, salt: string): string {
  const keys = schedule(keyBits(password))
  const [first, second] = [mask(salt.charAt(0)), mask(salt.charAt(1))]
  let left = 0
  let right = 0
  for (let time = 0; time < 25; time++) {
    for (let round = 0; round < 16; round++) {
      const next = left ^ mixed(right, keys, round * 8, first, second)
      left = right
      right = next
    }
    // The final permutation and the initial one of the next time cancel out; what is left is that the halves change.
    const swapped = left
    left = right
    right = swapped
  }
  return salt.slice(0, 2) + sixes(pick(bitsOf(left, right), FINAL))
}

/** DES' function of half a block; a bit of the salt swaps two bits of what goes into boxes 0 and 4, or 1 and 5. */
function mixed(half: number, keys: Uint8Array, at: number, first: number, second: number): number {
  let out = 0
  const swap0 = (six(half, 0) ^ six(half, 4)) & first
  const swap1 = (six(half, 1) ^ six(half, 5)) & second
  const table = substituted()
  for (let box = 0; box < 8; box++) {
    const swap = box % 4 === 0 ? swap0 : box % 4 === 1 ? swap1 : 0
    out |= table[box * 64 + (six(half, box) ^ swap ^ (keys[at + box] ?? 0))] ?? 0
  }
  return out
}

/** The six bits of half a block that go into a box: its four, and one of each neighbour. */
const six = (half: number, box: number): number => ((half << (5 + 4 * box)) | (half >>> (27 - 4 * box))) & 63

/** The six bits of a character of the salt, the lowest first as DES counts. */
function mask(char: string): number {
  const value = Math.max(0, ALPHABET.indexOf(char))
  let bits = 0
  for (let bit = 0; bit < 6; bit++) if (((value >> bit) & 1) === 1) bits |= 32 >> bit
  return bits
}

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Seven bits of each character, and a parity bit that nothing uses. */
function keyBits(password: string): Uint8Array {
  const bits = new Uint8Array(64)
  const bytes = Buffer.from(password, 'latin1').subarray(0, 8)
  for (const [i, byte] of bytes.entries()) for (let bit = 0; bit < 7; bit++) bits[i * 8 + bit] = (byte >> (6 - bit)) & 1
  return bits
}

/** Eight times six bits for each of the sixteen rounds. */
function schedule(key: Uint8Array): Uint8Array {
  const keys = new Uint8Array(16 * 8)
  let halves = pick(key, PERMUTED_1)
  for (const [round, shift] of SHIFTS.entries()) {
    const next = new Uint8Array(56)
    for (let i = 0; i < 28; i++) {
      next[i] = halves[(i + shift) % 28] ?? 0
      next[28 + i] = halves[28 + ((i + shift) % 28)] ?? 0
    }
    halves = next
    for (const [i, bit] of pick(halves, PERMUTED_2).entries())
      keys[round * 8 + Math.floor(i / 6)]! |= bit << (5 - (i % 6))
  }
  return keys
}

/** The bits of both halves, the highest first. */
function bitsOf(left: number, right: number): Uint8Array {
  const bits = new Uint8Array(64)
  for (let i = 0; i < 32; i++) {
    bits[i] = (left >>> (31 - i)) & 1
    bits[32 + i] = (right >>> (31 - i)) & 1
  }
  return bits
}

/** Eleven characters of six bits; the last one has two bits of nothing. */
function sixes(block: Uint8Array): string {
  let text = ''
  for (let at = 0; at < 66; at += 6) {
    let value = 0
    for (let i = 0; i < 6; i++) value = value * 2 + (block[at + i] ?? 0)
    text += ALPHABET.charAt(value)
  }
  return text
}

/** Tables count from 1, as the standard prints them. */
function pick(bits: Uint8Array, table: readonly number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(table, place => bits[place - 1] ?? 0)
}

const numbers = (text: string): readonly number[] => text.trim().split(/\s+/).map(Number)

const FINAL = numbers(`40 8 48 16 56 24 64 32 39 7 47 15 55 23 63 31 38 6 46 14 54 22 62 30 37 5 45 13 53 21 61 29
  36 4 44 12 52 20 60 28 35 3 43 11 51 19 59 27 34 2 42 10 50 18 58 26 33 1 41 9 49 17 57 25`)
const PERMUTATION = numbers(`16 7 20 21 29 12 28 17 1 15 23 26 5 18 31 10
  2 8 24 14 32 27 3 9 19 13 30 6 22 11 4 25`)
const PERMUTED_1 = numbers(`57 49 41 33 25 17 9 1 58 50 42 34 26 18 10 2 59 51 43 35 27 19 11 3 60 52 44 36
  63 55 47 39 31 23 15 7 62 54 46 38 30 22 14 6 61 53 45 37 29 21 13 5 28 20 12 4`)
const PERMUTED_2 = numbers(`14 17 11 24 1 5 3 28 15 6 21 10 23 19 12 4 26 8 16 7 27 20 13 2
  41 52 31 37 47 55 30 40 51 45 33 48 44 49 39 56 34 53 46 42 50 36 29 32`)
const SHIFTS = numbers('1 1 2 2 2 2 2 2 1 2 2 2 2 2 2 1')
/** Four rows of sixteen values each, as hexadecimal digits. */
const BOXES = [
  'e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d',
  'f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9',
  'a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c',
  '7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e',
  '2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453',
  'c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d',
  '4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c',
  'd2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b',
]

let tables: Int32Array | undefined

/** What each box makes of each six bits, its four bits where the permutation puts them; made when a password asks for it. */
function substituted(): Int32Array {
  tables ??= Int32Array.from({ length: 8 * 64 }, (_, at) => {
    const [box, bits] = [at >> 6, at & 63]
    const [row, column] = [((bits >> 5) << 1) | (bits & 1), (bits >> 1) & 15]
    const value = Number.parseInt(BOXES[box]?.charAt(row * 16 + column) ?? '0', 16)
    let out = 0
    for (const [i, place] of PERMUTATION.entries()) {
      const bit = place - 1 - box * 4
      if (bit >= 0 && bit < 4 && ((value >> (3 - bit)) & 1) === 1) out |= 1 << (31 - i)
    }
    return out
  })
  return tables
}
