import test from 'ava'
import { CODES } from '../../src/base/codes.ts'
import type { Finding } from '../../src/base/findings.ts'
import { count, Excerpts, findingText, plain, sarif, summary, united } from '../../src/inspect/inspect.ts'
import { secrets } from './reading.ts'

const at = (line: number, column: number) => ({ file: '/f.xml', line, column })

async function shown(text: string, line: number, column: number): Promise<string> {
  const excerpt = new Excerpts(new Map([['/f.xml', text]]), await secrets()).at(at(line, column))
  return excerpt === null ? 'nothing' : `${excerpt.text}\n${excerpt.caret}`
}

test('the caret stands under the word that is meant', async t => {
  t.is(await shown('<a>\r\n  <b c="d"/>\r\n</a>', 2, 6), '  <b c="d"/>\n     ^')
  t.is(await shown('<a>\r\n  <b name="d"/>\r\n</a>', 2, 6), '  <b name="d"/>\n     ^~~~')
  t.is(await shown('\t<b\tname="d"/>', 1, 5), '    <b  name="d"/>\n        ^~~~')
  t.is(await shown('<!-- 注文 é --><b/>', 1, 14), '<!-- 注文 é --><b/>\n               ^~')
  t.is(await shown('<a', 1, 3), '<a\n  ^', 'behind the end')
  t.is(await shown('<a/>', 9, 1), 'nothing')
})

test('a long line is cut around its caret', async t => {
  const line = `<a ${'x="1" '.repeat(100)}wrong="2" ${'y="3" '.repeat(100)}/>`
  const [text = '', caret = ''] = (await shown(line, 1, line.indexOf('wrong') + 1)).split('\n')
  t.true(text.length <= 100, text)
  t.true(text.startsWith('…') && text.endsWith('…'))
  t.is(text.indexOf('wrong'), caret.indexOf('^'))
})

test('a password on the line of a finding is masked, also when the finding is about it', async t => {
  const line = '<u password="longer than the mask" groups="a"/><u passwrd="x"/>'
  t.is(await shown(line, 1, 36), '<u password="•••" groups="a"/><u passwrd="•••"/>\n                  ^~~~~~')
  t.is(await shown(line, 1, 16), '<u password="•••" groups="a"/><u passwrd="•••"/>\n             ^~~')
})

const finding = (severity: Finding['severity'], line = 1): Finding => ({
  severity,
  code: 'CONFIG_VALUE',
  at: at(line, 2),
  message: 'is \u001b[2Jwrong',
  hint: 'write it right',
})

test('management TC-07: each finding is place, severity, code and sentence, and cannot steer the terminal', t => {
  const text = findingText(finding('error'), { line: 7, text: '<a/>', caret: ' ^' }, path => path.slice(1), plain)
  t.is(text, 'f.xml:1:2  error    CONFIG_VALUE  is ·[2Jwrong\n    write it right\n    7 | <a/>\n      |  ^\n')
})

test('the summary counts each kind, and what two files share is counted once', t => {
  const texts = new Map([['/f.xml', '']])
  const both = united([
    { findings: [finding('error'), finding('warn')], texts },
    { findings: [finding('error'), finding('error', 2), finding('accept')], texts },
  ])
  t.is(summary(count(both.findings), 2), '2 errors, 1 warning, 1 note in 2 files')
  t.is(summary(count([finding('refuse')]), 1), '1 refusal in 1 file')
  t.is(summary(count([]), 1), 'nothing found in 1 file')
})

test('SARIF 2.1.0: what code hosting tools need is there', t => {
  const log = JSON.parse(
    JSON.stringify(sarif([finding('refuse'), finding('warn'), finding('accept')], '1.2.3', p => p)),
  ) as {
    version: string
    runs: {
      tool: { driver: { name: string; version: string; rules: { id: string; shortDescription: { text: string } }[] } }
      results: {
        ruleId: string
        ruleIndex: number
        level: string
        message: { text: string }
        locations: { physicalLocation: { artifactLocation: { uri: string }; region: object } }[]
      }[]
    }[]
  }
  t.is(log.version, '2.1.0')
  const [run] = log.runs
  t.is(run?.tool.driver.name, 'TandemMQ')
  t.deepEqual(
    run?.results.map(({ level }) => level),
    ['error', 'warning', 'note'],
  )
  for (const { ruleId, ruleIndex, message, locations } of run?.results ?? []) {
    t.is(run?.tool.driver.rules[ruleIndex]?.id, ruleId)
    t.is(run?.tool.driver.rules[ruleIndex]?.shortDescription.text, CODES.CONFIG_VALUE)
    t.true(message.text.length > 0)
    t.deepEqual(locations[0]?.physicalLocation, {
      artifactLocation: { uri: '/f.xml' },
      region: { startLine: 1, startColumn: 2 },
    })
  }
})
