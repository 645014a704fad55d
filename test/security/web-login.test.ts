import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { TandemError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import { createWebLogin, type WebLogin } from '../../src/security/security.ts'

interface Room {
  readonly write: (name: string, text: string) => string
  readonly realm: (text: string, reload?: boolean) => WebLogin
}

function room(t: ExecutionContext, environment: Record<string, string> = {}): Room {
  const folder = mkdtempSync(join(tmpdir(), 'tandemmq-web-login-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const host = { properties: {}, environment, log: silentLog }
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, 'latin1')
    return join(folder, name)
  }
  const realm = (text: string, reload = false): WebLogin =>
    createWebLogin({ kind: 'realm', file: write('jetty-realm.properties', text), reload }, host)
  return { write, realm }
}

test('W-06: users of jetty-realm.properties have their roles; a password may be plain, OBF, MD5 or CRYPT', t => {
  const login = room(t).realm(`
# username: password [,rolename ...]
admin: admin, admin
user:user,user , reader
obf: OBF:1u2a1toa1w8v1tok1u30, admin
md5: MD5:c10f77963a2b21079156a0e5c5a4bb3c, admin
crypt: CRYPT:adpexzg3FUZAk,admin
bare: pw
`)
  t.deepEqual(login('admin', 'admin'), ['admin'])
  t.deepEqual(login('user', 'user'), ['user', 'reader'])
  t.deepEqual(login('obf', 'admin'), ['admin'])
  t.deepEqual(login('md5', 'digest'), ['admin'])
  t.deepEqual(login('crypt', 'admin'), ['admin'])
  t.deepEqual(login('bare', 'pw'), [])
  for (const [user, password] of [
    ['admin', 'Admin'],
    ['admin', ''],
    ['nobody', 'admin'],
    ['obf', 'OBF:1u2a1toa1w8v1tok1u30'],
    ['md5', 'c10f77963a2b21079156a0e5c5a4bb3c'],
    ['crypt', 'adpexzg3FUZAk'],
    ['crypt', 'admim'],
    ['', ''],
    ['__proto__', ''],
  ] as const)
    t.is(login(user, password), null, `${user} ${password}`)
})

test('W-12: an ENC(…) password needs its key, and is never itself the password', t => {
  const text = 'admin: ENC(mYRkg+4Q4hua1kvpCCI2hg==), admin'
  const login = room(t, { ACTIVEMQ_ENCRYPTION_PASSWORD: 'activemq' }).realm(text)
  t.deepEqual(login('admin', 'manager'), ['admin'])
  t.is(login('admin', 'ENC(mYRkg+4Q4hua1kvpCCI2hg==)'), null)
  const error = t.throws(() => room(t).realm(text), { instanceOf: TandemError })
  t.is(error?.code, 'DECRYPT_FAILED')
})

test('a realm that is missing or whose secrets cannot be read stops the start, without saying the secret', t => {
  for (const secret of ['MD5:0123secret', 'OBF:1secret', 'CRYPT:$6$abc$secret']) {
    const error = t.throws(() => room(t).realm(`admin: ${secret}, admin`), { instanceOf: TandemError })
    t.is(error?.code, 'AUTH_FILE_INVALID')
    t.false(error?.message.includes('secret'))
  }
  const host = { properties: {}, environment: {}, log: silentLog }
  t.throws(() => createWebLogin({ kind: 'realm', file: '/nowhere/realm', reload: false }, host), {
    code: 'AUTH_FILE_UNREADABLE',
  })
})

test('W-05, W-07: a JAAS login has the groups as its roles, and a guest is nobody', t => {
  const { write } = room(t)
  write('users.properties', 'admin=admin\nann=secret\n')
  write('groups.properties', 'admins=admin\nusers=admin,ann\n')
  const jaas = 'org.apache.activemq.jaas'
  const loginConfig = write(
    'login.config',
    `activemq { ${jaas}.PropertiesLoginModule required ${jaas}.properties.user="users.properties" ${jaas}.properties.group="groups.properties"; };
     guests { ${jaas}.GuestLoginModule required ${jaas}.guest.group="admins"; };`,
  )
  const host = { properties: {}, environment: {}, log: silentLog }
  const login = createWebLogin({ kind: 'jaas', loginConfig, realm: 'activemq' }, host)
  t.deepEqual(login('admin', 'admin'), ['admins', 'users'])
  t.deepEqual(login('ann', 'secret'), ['users'])
  t.is(login('ann', 'admin'), null)
  t.is(createWebLogin({ kind: 'jaas', loginConfig, realm: 'guests' }, host)('ann', 'x'), null)
  t.throws(() => createWebLogin({ kind: 'jaas', loginConfig: write('empty.config', ''), realm: 'activemq' }, host), {
    code: 'AUTH_REALM_MISSING',
  })
})
