import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import test from 'ava'
import { call } from '../cli/terminal.ts'

const CORPUS = resolve('../shared/corpus')
const overCorpus = existsSync(CORPUS) ? test : test.skip
if (!existsSync(CORPUS)) console.log('the corpus of configuration files is not here: its tests are skipped')

const files = existsSync(CORPUS)
  ? readFileSync(join(CORPUS, 'CORPUS.tsv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map(line => line.split('\t')[0] ?? '')
  : []

/** What is called password in a file and is no placeholder, as it is written. */
const passwordsIn = (text: string): readonly string[] =>
  [...text.matchAll(/\w*[pP]ass(?:word|code)"?\s*(?:=|>|value=)\s*"?([^"$#{%<>\s]{5,})["<]/g)].map(
    match => match[1] ?? '',
  )

/** A password that is also an ordinary word of its file cannot be looked for. */
const isTelling = (secret: string, text: string): boolean => {
  if (['password', 'manager'].includes(secret)) return false
  const places = text.split(secret).length - 1
  const asPassword = text.split(`assword="${secret}"`).length - 1
  return places === asPassword
}

overCorpus(
  'every file of the corpus is validated: no crash, no password, and the exit code says what was found',
  async t => {
    let secrets = 0
    for (const file of files) {
      const path = join(CORPUS, file)
      const text = readFileSync(path, 'utf8')
      const { code, out } = await call(['validate', '--verbose', '--strict', path])
      t.is(code, /^\S+:\d+:\d+ {2}(error|refuse|warning) /m.test(out) ? 1 : 0, file)
      t.notRegex(out, /undefined|\[object|NaN/, file)
      const report = await call(['validate', '--json', path])
      t.is(report.code, /^\S+:\d+:\d+ {2}(error|refuse) /m.test(out) ? 1 : 0, file)
      const explained = await call(['explain', path, '--all'])
      t.true([0, 1].includes(explained.code), file)
      t.is(explained.code === 1, explained.out === '', file)
      t.notRegex(explained.out, /undefined|\[object|NaN/, file)
      for (const secret of passwordsIn(text).filter(one => isTelling(one, text) && !file.includes(one))) {
        secrets++
        for (const said of [out, report.out, explained.out, explained.err])
          t.false(said.includes(secret), `${file}: ${secret}`)
      }
    }
    t.true(secrets > 20, `${secrets} passwords were looked for`)
  },
)

overCorpus('the whole corpus is validated in one call, in less than five seconds of one processor', t => {
  const paths = files.map(file => join(CORPUS, file))
  // The time on the clock says more about the machine's other work than about ours.
  const shell = `"$0" "$@" > validated.json; echo $?; times`
  const cwd = mkdtempSync(join(tmpdir(), 'tandemmq-corpus-'))
  t.teardown(() => rmSync(cwd, { recursive: true, force: true }))
  const call = [process.execPath, resolve('bin/tandemmq.js'), 'validate', '--json', ...paths]
  const { stdout } = spawnSync('sh', ['-c', shell, ...call], { cwd, encoding: 'utf8' })
  const [code, , children = ''] = stdout.trim().split('\n')
  t.is(code, '1')
  const report = JSON.parse(readFileSync(join(cwd, 'validated.json'), 'utf8')) as {
    findings: unknown[]
    files: string[]
  }
  t.true(report.findings.length > 500 && report.files.length > 100)
  const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => 60 * Number(minutes) + Number(rest),
  )
  t.is(seconds.length, 2)
  t.true((seconds[0] ?? 0) + (seconds[1] ?? 0) < 5, `${children} of user and system time`)
})
