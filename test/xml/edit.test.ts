import test from 'ava'
import fc from 'fast-check'
import { applyEdits, decodeXml, Draft, encodeXml, unifiedDiff, type Edit } from '../../src/xml/xml.ts'
import { applyPatch, outside } from '../upgrade/patch.ts'
import { seedOf } from '../upgrade/promises.ts'

const line = fc.constantFrom('a', 'b', '', '<x/>', 'long line of text', ' \t')
const ending = fc.constantFrom('\n', '\r\n')
const text = fc
  .tuple(fc.array(fc.tuple(line, ending), { maxLength: 30 }), line)
  .map(([lines, last]) => lines.map(([content, end]) => content + end).join('') + last)

/** Edits that do not touch one another, in the offsets of a text of this length. */
const edits = (length: number): fc.Arbitrary<readonly Edit[]> =>
  fc
    .array(fc.tuple(fc.nat(length), fc.nat(6), fc.constantFrom('', 'new', '\n', 'x\ny\n')), { maxLength: 6 })
    .map(given => {
      const out: Edit[] = []
      let from = 0
      for (const [at, size, content] of given.toSorted(([a], [b]) => a - b)) {
        const start = Math.max(at, from)
        const end = Math.min(length, start + size)
        if (start > length) continue
        out.push({ start, end, text: content })
        from = end + 1
      }
      return out
    })

test('edits of several rounds are edits of the original: they make the text, and touch nothing else', t => {
  const property = fc.property(text, fc.array(fc.nat(), { minLength: 3, maxLength: 3 }), (before, numbers) => {
    const draft = new Draft(before)
    for (let round = 0; round < 3; round++) {
      const [chosen] = fc.sample(edits(draft.text.length), { numRuns: 1, seed: numbers[round] ?? 0 })
      const expected = applyEdits(draft.text, chosen ?? [])
      draft.apply(chosen ?? [])
      if (draft.text !== expected) return false
    }
    const [old, now] = outside(before, draft.text, draft.edits())
    return applyEdits(before, draft.edits()) === draft.text && old === now
  })
  t.notThrows(() => fc.assert(property, { seed: seedOf(t), numRuns: 500 }))
})

test('a diff of edits is what patch needs to make the new text, whatever the line ends', t => {
  const property = fc.property(
    text.chain(before => fc.tuple(fc.constant(before), edits(before.length))),
    ([before, given]) => applyPatch(before, unifiedDiff(before, given, 'f')) === applyEdits(before, given),
  )
  t.notThrows(() => fc.assert(property, { seed: seedOf(t), numRuns: 1000 }))
})

test('a draft knows where each character stood', t => {
  const draft = new Draft('<broker a="1" b="2"/>')
  draft.apply([{ start: 8, end: 9, text: 'alpha' }])
  draft.apply([{ start: 0, end: 0, text: '<!-- -->' }])
  t.is(draft.text, '<!-- --><broker alpha="1" b="2"/>')
  t.is(draft.originalOffset(draft.text.indexOf('b="2"')), 14)
  t.is(draft.originalOffset(draft.text.indexOf('alpha')), 8)
  t.deepEqual(draft.edits(), [
    { start: 0, end: 0, text: '<!-- -->' },
    { start: 8, end: 9, text: 'alpha' },
  ])
})

test('a diff shows three lines around, joins what is near, and says when the last line has no end', t => {
  const before = `${Array.from({ length: 20 }, (_, i) => `line ${i + 1}`).join('\n')}`
  const at = (word: string): Edit => ({
    start: before.indexOf(word),
    end: before.indexOf(word) + word.length,
    text: 'new',
  })
  const diff = unifiedDiff(
    before,
    [at('line 2\n'), at('line 19')].map(edit => ({ ...edit, text: edit.end < 20 ? 'new\n' : 'new' })),
    'f',
  )
  t.is(
    diff,
    `--- f\n+++ f\n@@ -1,5 +1,5 @@\n line 1\n-line 2\n+new\n line 3\n line 4\n line 5\n@@ -16,5 +16,5 @@\n line 16\n line 17\n line 18\n-line 19\n+new\n line 20\n\\ No newline at end of file\n`,
  )
})

const xml = (encoding: string, content: string): string =>
  `<?xml version="1.0" encoding="${encoding}"?><a>${content}</a>`

test('text is written back in the encoding and with the byte order mark of its file', t => {
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['UTF-8', new TextEncoder().encode(xml('UTF-8', 'é€𝄞'))],
    ['UTF-8 with a mark', new TextEncoder().encode(`\uFEFF${xml('UTF-8', 'é')}`)],
    ['UTF-16LE', Buffer.from(`\uFEFF${xml('UTF-16', 'é𝄞')}`, 'utf16le')],
    ['UTF-16BE', Buffer.from(`\uFEFF${xml('UTF-16', 'é𝄞')}`, 'utf16le').swap16()],
    ['ISO-8859-1', Buffer.from(xml('ISO-8859-1', 'é ÿ'), 'latin1')],
    [
      'Shift_JIS',
      Buffer.concat([
        Buffer.from(xml('Shift_JIS', '').replace('</a>', '')),
        Buffer.from([0x93, 0xfa, 0x96, 0x7b, 0xb1]),
        Buffer.from('</a>'),
      ]),
    ],
  ]
  for (const [name, bytes] of cases) {
    const decoded = decodeXml(bytes)
    t.truthy(decoded, name)
    t.deepEqual([...(encodeXml(decoded ?? '', bytes) ?? [])], [...bytes], name)
    const longer = encodeXml(`${decoded ?? ''}<!-- x -->`, bytes)
    t.is(decodeXml(longer ?? new Uint8Array()), `${decoded ?? ''}<!-- x -->`, name)
  }
})

test('a character that the encoding of the file does not have is not written', t => {
  t.is(encodeXml(xml('ISO-8859-1', '漢'), Buffer.from(xml('ISO-8859-1', ''))), null)
  t.is(encodeXml(xml('no-such-thing', 'a'), Buffer.from(xml('no-such-thing', 'a'))), null)
})
