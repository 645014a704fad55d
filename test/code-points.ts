import fc from 'fast-check'

const SURROGATES = { from: 0xd800, count: 0x800 }

/**
 * What `unit: 'binary'` of fast-check's strings makes, without its table of all of Unicode: that takes a second to fill, in
 * each process anew.
 */
export const codePoint: fc.Arbitrary<string> = fc.nat(0x10ffff - SURROGATES.count).map(
  index => String.fromCodePoint(index < SURROGATES.from ? index : index + SURROGATES.count),
  character => {
    const code = typeof character === 'string' ? (character.codePointAt(0) ?? -1) : -1
    if (code < 0 || String.fromCodePoint(code) !== character) throw new Error('no single character')
    return code < SURROGATES.from ? code : code - SURROGATES.count
  },
)
