import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { silentLog } from '../../src/base/log.ts'
import { readLoginConfig } from '../../src/security/login-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'tandemmq-login-config-'))
test.after.always(() => rmSync(folder, { recursive: true }))
const host = { properties: { 'user.name': 'ann' }, environment: {}, log: silentLog }
let files = 0
const read = (text: string) => {
  const path = join(folder, `${files++}.config`)
  writeFileSync(path, text)
  return [...readLoginConfig(path, host)].map(([realm, modules]) => [
    realm,
    ...modules.map(each => [each.className, each.flag, Object.fromEntries(each.options)]),
  ])
}

// Expectations are what Java 17's own reader made of the same texts.
test('SE-04: a login configuration reads as the JDK reads it', t => {
  t.deepEqual(read('r { x.Y REQUIRED a=true b = "q\\"uo\\\\te" ; y.Z optional; }; s { z.Z sufficient ; };'), [
    ['r', ['x.Y', 'required', { a: 'true', b: 'q"uo\\te' }], ['y.Z', 'optional', {}]],
    ['s', ['z.Z', 'sufficient', {}]],
  ])
  t.deepEqual(read('/** licence { } */ "r" { x$Y required /* c */ a=b.properties // d "\n; };'), [
    ['r', ['x$Y', 'required', { a: 'b.properties' }]],
  ])
  t.deepEqual(read('r { x.Y required a="a\\tb\\u0041\\101C:\\new"; };'), [
    ['r', ['x.Y', 'required', { a: 'a\tbu0041AC:\new' }]],
  ])
  t.deepEqual(read('a.b-c { x.Y required a="${{x}} ${user.name}"; };'), [
    ['a.b-c', ['x.Y', 'required', { a: '${{x}} ann' }]],
  ])
  t.deepEqual(read(''), [])
  t.deepEqual(read('r { };'), [])
})

const WRONG: [text: string, line: number, column: number][] = [
  ['r { x.Y required a=1; };', 1, 20],
  ['# hash\nr { x.Y required; };', 1, 1],
  ['r {\n  x.Y maybe a=true; };', 2, 7],
  ['r { x.Y required a=true; }', 1, 27],
  ['r { x.Y required a=true };', 1, 25],
  ['r { x.Y required; };\nr { x.Y required; };', 2, 1],
  ['r { x.Y required a=/etc/x; };', 1, 20],
  ['r { x.Y required a=b#c; };', 1, 21],
  ["r { x.Y required a='single'; };", 1, 20],
  ['r { x.Y required a="x\ny"; };', 1, 20],
  ['r { x.Y required a=b, c=d; };', 1, 21],
  ['r { x.Y required a="b"; }; junk', 1, 32],
  ['r { x.Y required a="${no.such}"; };', 1, 20],
]
for (const [text, line, column] of WRONG) {
  test(`SE-04: ${JSON.stringify(text)} is refused at ${line}:${column}, where the JDK refuses it too`, t => {
    const error = t.throws(() => read(text), { code: 'AUTH_LOGIN_CONFIG' })
    t.like(error, { position: { line, column } })
  })
}

test('SE-04: no word of a malformed login configuration is repeated, since it may be a password', t => {
  for (const text of [
    'r { x.Y required pw=top secret; };',
    'r { x.Y required pw="a" "secret"; };',
    'r { x.Y required "secret" "b"; };',
  ]) {
    const error = t.throws(() => read(text), { code: 'AUTH_LOGIN_CONFIG' })
    t.notRegex(`${error?.message}`, /secret/)
  }
})
