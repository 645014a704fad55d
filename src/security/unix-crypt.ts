/**
 * crypt(3) as Unix had it first: a password of eight characters and a salt of two, through a salted DES 25 times. Only to
 * compare with what old realms hold (Jetty's `CRYPT:`); it protects nothing today.
 */
export function unixCrypt(password: string, salt: string): string {
  const key = keyBits(password)
  const keys = schedule(key)
  const expansion = salted(salt)
  let block = new Uint8Array(64)
  for (let round = 0; round < 25; round++) block = encrypt(block, keys, expansion)
  return salt.slice(0, 2) + sixes(block)
}

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Seven bits of each character, and a parity bit that nothing uses. */
function keyBits(password: string): Uint8Array {
  const bits = new Uint8Array(64)
  const bytes = Buffer.from(password, 'latin1').subarray(0, 8)
  for (const [i, byte] of bytes.entries()) for (let bit = 0; bit < 7; bit++) bits[i * 8 + bit] = (byte >> (6 - bit)) & 1
  return bits
}

/** DES' expansion, in which each bit of the salt swaps two places. */
function salted(salt: string): readonly number[] {
  const table = [...EXPANSION]
  for (let i = 0; i < 2; i++) {
    const value = Math.max(0, ALPHABET.indexOf(salt.charAt(i)))
    for (let bit = 0; bit < 6; bit++) {
      if (((value >> bit) & 1) === 0) continue
      const at = i * 6 + bit
      const swapped = table[at] ?? 0
      table[at] = table[at + 24] ?? 0
      table[at + 24] = swapped
    }
  }
  return table
}

function schedule(key: Uint8Array): readonly Uint8Array[] {
  let halves = pick(key, PERMUTED_1)
  return SHIFTS.map(shift => {
    const next = new Uint8Array(56)
    for (let i = 0; i < 28; i++) {
      next[i] = halves[(i + shift) % 28] ?? 0
      next[28 + i] = halves[28 + ((i + shift) % 28)] ?? 0
    }
    halves = next
    return pick(halves, PERMUTED_2)
  })
}

function encrypt(
  block: Uint8Array,
  keys: readonly Uint8Array[],
  expansion: readonly number[],
): Uint8Array<ArrayBuffer> {
  const start = pick(block, INITIAL)
  let left = start.slice(0, 32)
  let right = start.slice(32)
  for (const key of keys) {
    const mixed = pick(right, expansion)
    const out = new Uint8Array(32)
    for (let box = 0; box < 8; box++) {
      const bit = (i: number): number => (mixed[box * 6 + i] ?? 0) ^ (key[box * 6 + i] ?? 0)
      const row = bit(0) * 2 + bit(5)
      const column = bit(1) * 8 + bit(2) * 4 + bit(3) * 2 + bit(4)
      const value = Number.parseInt(BOXES[box]?.charAt(row * 16 + column) ?? '0', 16)
      for (let i = 0; i < 4; i++) out[box * 4 + i] = (value >> (3 - i)) & 1
    }
    const permuted = pick(out, PERMUTATION)
    const next = left.map((one, i) => one ^ (permuted[i] ?? 0))
    left = right
    right = next
  }
  const joined = new Uint8Array(64)
  joined.set(right)
  joined.set(left, 32)
  return pick(joined, FINAL)
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

const INITIAL = numbers(`58 50 42 34 26 18 10 2 60 52 44 36 28 20 12 4 62 54 46 38 30 22 14 6 64 56 48 40 32 24 16 8
  57 49 41 33 25 17 9 1 59 51 43 35 27 19 11 3 61 53 45 37 29 21 13 5 63 55 47 39 31 23 15 7`)
const FINAL = numbers(`40 8 48 16 56 24 64 32 39 7 47 15 55 23 63 31 38 6 46 14 54 22 62 30 37 5 45 13 53 21 61 29
  36 4 44 12 52 20 60 28 35 3 43 11 51 19 59 27 34 2 42 10 50 18 58 26 33 1 41 9 49 17 57 25`)
const EXPANSION = numbers(`32 1 2 3 4 5 4 5 6 7 8 9 8 9 10 11 12 13 12 13 14 15 16 17
  16 17 18 19 20 21 20 21 22 23 24 25 24 25 26 27 28 29 28 29 30 31 32 1`)
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
