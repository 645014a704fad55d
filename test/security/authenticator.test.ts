import { mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { silentLog } from '../../src/base/log.ts'
import { createAuthenticator, isRefusal } from '../../src/security/security.ts'
import type { Authenticator, SecurityHost } from '../../src/security/security.ts'

interface Room {
  readonly host: SecurityHost
  readonly lines: string[]
  readonly write: (name: string, text: string) => string
  /** An authenticator for realm `r` of a login configuration with this body. */
  readonly realm: (body: string) => Authenticator
  readonly certificates: (body: string) => Authenticator
  readonly folder: string
}

function room(t: { teardown(run: () => void): void }, environment: Record<string, string> = {}): Room {
  const folder = mkdtempSync(join(tmpdir(), 'tandemmq-security-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const lines: string[] = []
  const keep = (text: string): void => void lines.push(text)
  const host = { properties: { 'my.base': folder }, environment, log: { ...silentLog, warn: keep, error: keep } }
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, 'latin1')
    return join(folder, name)
  }
  const create = (kind: 'jaas' | 'jaas-certificate') => (body: string) =>
    createAuthenticator({ kind, loginConfig: write('login.config', `r {\n${body}\n};\n`), realm: 'r' }, host)
  return { folder, host, lines, write, realm: create('jaas'), certificates: create('jaas-certificate') }
}

const JAAS = 'org.apache.activemq.jaas'
const PROPERTIES = `${JAAS}.PropertiesLoginModule required
  ${JAAS}.properties.user="users.properties" ${JAAS}.properties.group="groups.properties"`
const TEXT_FILE = `${JAAS}.TextFileCertificateLoginModule required
  ${JAAS}.textfiledn.user="dns.properties" ${JAAS}.textfiledn.group="groups.properties"`

const login = (by: Authenticator, name?: string, passcode?: string, dn?: string, tls = false) =>
  by.authenticate({ login: name, passcode, certificateDn: dn, tls })
/** The groups of who was let in, or the text of the refusal. */
const outcome = (...[by, ...rest]: Parameters<typeof login>): string | readonly string[] => {
  const answer = login(by, ...rest)
  return isRefusal(answer) ? answer.message : answer.groups
}
const INVALID = (name: string) => `User name [${name}] or password is invalid.`

test('SE-01: without authentication any login is only a name, and nothing vouches for it', t => {
  const { host } = room(t)
  for (const none of [createAuthenticator({ kind: 'none' }, host), createAuthenticator(null, host)]) {
    t.deepEqual(login(none, 'ann', 'x'), { user: 'ann', groups: [], anonymous: true, authenticated: false })
    t.deepEqual(login(none), { user: null, groups: [], anonymous: true, authenticated: false })
  }
})

const simple = (t: Parameters<typeof room>[0], anonymous: { user: string; group: string } | null) =>
  createAuthenticator(
    {
      kind: 'simple',
      users: [
        { name: 'ann', password: 'secret', groups: ['a', 'b'] },
        { name: 'blank', password: '', groups: [] },
      ],
      anonymous,
    },
    room(t).host,
  )

test('SE-02, S-CON-08: simple users need their exact password, and every refusal reads alike', t => {
  const by = simple(t, null)
  t.deepEqual(login(by, 'ann', 'secret'), { user: 'ann', groups: ['a', 'b'], anonymous: false, authenticated: true })
  t.is(outcome(by, 'ann', 'Secret'), INVALID('ann'))
  t.is(outcome(by, 'ann', ''), INVALID('ann'))
  t.is(outcome(by, 'ann'), INVALID('ann'))
  t.is(outcome(by, 'bob', 'secret'), INVALID('bob'))
  t.is(outcome(by, 'bob', ''), INVALID('bob'))
  t.is(outcome(by), INVALID('null'))
  t.is(outcome(by, undefined, 'secret'), INVALID('null'))
  t.is(outcome(by, '__proto__', ''), INVALID('__proto__'))
  t.deepEqual(outcome(by, 'blank', ''), [])
  t.is(outcome(by, 'blank'), INVALID('blank'), 'an absent passcode equals no simple password')
})

test('SE-03: anonymous access is for clients that give neither login nor passcode', t => {
  const by = simple(t, { user: 'nobody', group: 'guests' })
  t.deepEqual(login(by), { user: 'nobody', groups: ['guests'], anonymous: true, authenticated: true })
  t.is(outcome(by, '', ''), INVALID(''))
  t.is(outcome(by, '', undefined), INVALID(''))
  t.is(outcome(by, undefined, ''), INVALID('null'))
  t.is(outcome(by, 'ann', 'wrong'), INVALID('ann'))
})

test('SE-04, SE-05: users and groups come from properties files beside the login configuration', t => {
  const { realm, write } = room(t)
  write('users.properties', '# comment\nann = secret\nb\\u006fb:pa\\\n   ss\nö=ü\n')
  write('groups.properties', 'admins=ann\nusers=ann,bob\n')
  const by = realm(`${PROPERTIES} debug=true;`)
  t.deepEqual(login(by, 'ann', 'secret'), {
    user: 'ann',
    groups: ['admins', 'users'],
    anonymous: false,
    authenticated: true,
  })
  t.deepEqual(outcome(by, 'bob', 'pass'), ['users'])
  t.deepEqual(outcome(by, 'ö', 'ü'), [])
  t.is(outcome(by, 'ann', 'wrong'), INVALID('ann'))
  t.is(outcome(by, 'eve', ''), INVALID('eve'))
  t.is(outcome(by), INVALID('null'))
})

test('SE-06: group members are not trimmed, so a blank after the comma loses the member', t => {
  const { realm, write } = room(t)
  write('users.properties', 'ann=1\nbob=2\n')
  write('groups.properties', 'g=ann, bob\n')
  const by = realm(`${PROPERTIES};`)
  t.deepEqual(outcome(by, 'ann', '1'), ['g'])
  t.deepEqual(outcome(by, 'bob', '2'), [])
})

test('SE-07: an absent passcode equals an empty password', t => {
  const { realm, write } = room(t)
  write('users.properties', 'ann=\nbob=x\n')
  write('groups.properties', '')
  const by = realm(`${PROPERTIES};`)
  t.deepEqual(outcome(by, 'ann'), [])
  t.is(outcome(by, 'bob'), INVALID('bob'))
})

test('SE-05: with reload a changed file counts from the next login, and without it never', t => {
  for (const reload of [true, false]) {
    const { realm, write } = room(t)
    write('users.properties', 'ann=old\n')
    write('groups.properties', '')
    const by = realm(`${PROPERTIES} reload=${reload};`)
    write('users.properties', 'ann=newer\n')
    t.deepEqual(outcome(by, 'ann', 'newer'), reload ? [] : INVALID('ann'))
    t.deepEqual(outcome(by, 'ann', 'old'), reload ? INVALID('ann') : [])
  }
})

test('SE-05: a change of the same size and a restored older file are noticed', t => {
  const { realm, write } = room(t)
  const path = write('users.properties', 'ann=one\n')
  write('groups.properties', '')
  const by = realm(`${PROPERTIES} reload=true;`)
  const { mtimeMs } = statSync(path)
  write('users.properties', 'ann=two\n')
  utimesSync(path, mtimeMs / 1000 - 60, mtimeMs / 1000 - 60)
  t.deepEqual(outcome(by, 'ann', 'two'), [])
})

test('SE-05: a reloaded file that cannot be used admits nobody until it is repaired; a missing one keeps its content', t => {
  const { realm, write, lines, folder } = room(t)
  const path = write('users.properties', 'ann=one\n')
  write('groups.properties', '')
  const by = realm(`${PROPERTIES} reload=true;`)
  renameSync(path, join(folder, 'away'))
  t.deepEqual(outcome(by, 'ann', 'one'), [])
  write('users.properties', 'ann=one\nbob=\\u00zz-secret\n')
  t.is(outcome(by, 'ann', 'one'), INVALID('ann'))
  t.regex(lines.join('\n'), /users\.properties.*nobody.*line 2/)
  t.notRegex(lines.join('\n'), /secret/)
  write('users.properties', 'ann=three\n')
  t.deepEqual(outcome(by, 'ann', 'three'), [])
})

test('SE-05: baseDir moves the files, and system properties are replaced in options', t => {
  const { realm, write } = room(t)
  write('u', 'ann=x\n')
  write('g', 'g=ann\n')
  const files = `${JAAS}.properties.user="u" ${JAAS}.properties.group="/g"`
  t.deepEqual(
    outcome(realm(`${JAAS}.PropertiesLoginModule required baseDir="\${my.base}\${/}." ${files};`), 'ann', 'x'),
    ['g'],
  )
  t.throws(() => realm(`${JAAS}.PropertiesLoginModule required baseDir="\${no.such}" ${files};`), {
    code: 'AUTH_LOGIN_CONFIG',
    message: /no\.such/,
  })
  t.throws(() => realm(`${JAAS}.PropertiesLoginModule required baseDir="\${constructor}" ${files};`), {
    code: 'AUTH_LOGIN_CONFIG',
  })
})

test('SE-05: ENC(…) values are decrypted when the module says so, with the password of the environment', t => {
  const { realm, write } = room(t, { ACTIVEMQ_ENCRYPTION_PASSWORD: 'activemq' })
  write('users.properties', 'ann=ENC(mYRkg+4Q4hua1kvpCCI2hg==)\nplain=text\n')
  write('groups.properties', '')
  const by = realm(`${PROPERTIES} decrypt=true;`)
  t.deepEqual(outcome(by, 'ann', 'manager'), [])
  t.deepEqual(outcome(by, 'plain', 'text'), [])
  t.is(outcome(by, 'ann', 'ENC(mYRkg+4Q4hua1kvpCCI2hg==)'), INVALID('ann'))
})

test('config 1.5: an encrypted value that cannot be decrypted stops the start', t => {
  const start = (options: string, environment: Record<string, string>, code: string) => {
    const { realm, write } = room(t, environment)
    write('users.properties', 'ann=ENC(mYRkg+4Q4hua1kvpCCI2hg==)\n')
    write('groups.properties', '')
    const error = t.throws(() => realm(`${PROPERTIES} ${options};`), { code })
    t.regex(String(error?.message), /users\.properties: "ann"/)
    t.notRegex(`${error?.message}`, /topsecret|mYRkg/)
  }
  start('', { ACTIVEMQ_ENCRYPTION_PASSWORD: 'activemq' }, 'AUTH_FILE_INVALID')
  start('decrypt=true', {}, 'DECRYPT_FAILED')
  start('decrypt=true', { ACTIVEMQ_ENCRYPTION_PASSWORD: 'topsecret' }, 'DECRYPT_FAILED')
  start('decrypt=true algorithm=Rot13', { ACTIVEMQ_ENCRYPTION_PASSWORD: 'activemq' }, 'DECRYPT_UNSUPPORTED')
})

test('SE-08: a guest is let in always, or with credentialsInvalidate only without a password', t => {
  const { realm } = room(t)
  const always = realm(`${JAAS}.GuestLoginModule sufficient;`)
  t.deepEqual(login(always), { user: null, groups: ['guests'], anonymous: true, authenticated: true, guest: true })
  t.deepEqual(outcome(always, 'eve', 'anything'), ['guests'])
  const careful = realm(`${JAAS}.GuestLoginModule sufficient credentialsInvalidate=true
    ${JAAS}.guest.user="visitor" ${JAAS}.guest.group="visitors";`)
  t.deepEqual(outcome(careful, 'eve'), ['visitors'])
  t.is(outcome(careful, 'eve', ''), INVALID('eve'))
})

test('SE-08: required, requisite, sufficient and optional add up as in JAAS', t => {
  const { realm, write } = room(t)
  write('users.properties', 'ann=1\n')
  write('groups.properties', 'known=ann\n')
  write('other.properties', 'ann=2\nbob=2\n')
  write('others.properties', 'other=ann,bob\n')
  const first = (flag: string) => PROPERTIES.replace('required', flag)
  const second = (flag: string) => first(flag).replace('users.', 'other.').replace('groups.', 'others.')
  const guest = (flag: string) => `${JAAS}.GuestLoginModule ${flag}`
  const table: [body: string, passcode: string, expected: string | string[]][] = [
    [`${first('sufficient')}; ${guest('required')};`, '1', ['known']],
    [`${first('sufficient')}; ${guest('required')};`, 'x', ['guests']],
    [`${first('required')}; ${guest('required')};`, '1', ['known', 'guests']],
    [`${first('required')}; ${guest('sufficient')};`, 'x', INVALID('ann')],
    [`${first('requisite')}; ${guest('optional')};`, '1', ['known', 'guests']],
    [`${first('requisite')}; ${guest('optional')};`, 'x', INVALID('ann')],
    [`${first('optional')}; ${guest('optional')};`, 'x', ['guests']],
    [`${first('optional')}; ${second('optional')};`, 'x', INVALID('ann')],
    [`${first('optional')}; ${second('optional')};`, '2', ['other']],
    [`${guest('sufficient')}; ${first('required')};`, 'x', ['guests']],
    [`${first('REQUIRED')};`, '1', ['known']],
  ]
  for (const [body, passcode, expected] of table) t.deepEqual(outcome(realm(body), 'ann', passcode), expected, body)
})

const DN = 'CN=client, OU=Test, O="Acme, Inc.", C=US'

test('SE-09, S-TLS-02: a certificate is a user by its exact DN; login and passcode are ignored', t => {
  const { certificates, write } = room(t)
  write('dns.properties', `shop=${DN}\n`)
  write('groups.properties', 'shops=shop\n')
  const by = certificates(`${TEXT_FILE};`)
  const shop = { user: 'shop', groups: ['shops'], anonymous: false, authenticated: true }
  t.deepEqual(login(by, undefined, undefined, DN, true), shop)
  t.deepEqual(login(by, 'root', 'toor', DN, true), shop)
  t.is(outcome(by, 'shop', 'x', undefined, true), 'Unable to authenticate transport without SSL certificate.')
  t.is(outcome(by, 'ann', 'x', 'CN=other', true), `${INVALID('ann')} No user for client certificate: CN=other`)
})

test('SE-09: a pattern between slashes must match the whole DN', t => {
  const { certificates, write, lines } = room(t)
  write('dns.properties', 'ops=/CN=ops\\\\d+, (?:OU=a|OU=b).*/\nboth=/CN=ops77, .*/\n')
  write('groups.properties', '')
  const by = certificates(`${TEXT_FILE};`)
  const user = (dn: string) => {
    const answer = login(by, undefined, undefined, dn, true)
    return isRefusal(answer) ? null : answer.user
  }
  t.is(user('CN=ops1, OU=a, C=US'), 'ops')
  t.is(user('CN=ops1, OU=c'), null)
  t.is(user('X, CN=ops1, OU=a'), null)
  t.is(user('CN=ops77, OU=a'), null, 'two users fit: who it is must not be guessed')
  t.regex(lines.join('\n'), /ops, both/)
})

test('SE-09: a Java pattern that JavaScript cannot reproduce, and a DN of two users, stop the start', t => {
  const { certificates, write } = room(t)
  write('groups.properties', '')
  for (const pattern of [
    'CN=a++',
    '(?i)CN=x',
    '\\p{Alpha}',
    '\\QCN\\E',
    '[a-z&&[^b]]',
    '(?<n>a)\\1',
    'a\\b',
    '[',
    '(',
    '(?>a)',
    'a{2',
  ]) {
    write('dns.properties', `u=/${pattern.replaceAll('\\', '\\\\')}/\n`)
    const error = t.throws(() => certificates(`${TEXT_FILE};`), { code: 'AUTH_FILE_INVALID' }, pattern)
    t.regex(String(error?.message), /dns\.properties.*"u"/)
  }
  write('dns.properties', 'a=CN=x\nb=CN=x\n')
  t.throws(() => certificates(`${TEXT_FILE};`), { code: 'AUTH_FILE_INVALID', message: /"a" and "b"/ })
})

test('SE-10: certificates count on TLS connectors, passwords elsewhere', t => {
  const { host, write } = room(t)
  write('users.properties', 'ann=1\n')
  write('groups.properties', 'g=ann\ns=shop\n')
  write('dns.properties', `shop=${DN}\n`)
  const loginConfig = write('login.config', `p { ${PROPERTIES}; }; c { ${TEXT_FILE}; };`)
  const by = createAuthenticator({ kind: 'jaas-dual', loginConfig, realm: 'p', sslRealm: 'c' }, host)
  t.deepEqual(outcome(by, 'ann', '1'), ['g'])
  t.deepEqual(outcome(by, undefined, undefined, DN, true), ['s'])
  t.deepEqual(outcome(by, undefined, undefined, DN, false), ['s'])
  t.is(outcome(by, 'ann', '1', undefined, true), 'Unable to authenticate transport without SSL certificate.')
})

test('SE-04, SE-11: whatever a realm cannot honour stops the start, with its place', t => {
  const { realm, certificates, write, host, folder } = room(t)
  write('users.properties', 'ann=1\n')
  write('groups.properties', '')
  const ldap = `${JAAS}.LDAPLoginModule required connectionPassword="topsecret"`
  const error = t.throws(() => realm(`${ldap};`), { code: 'AUTH_MODULE_UNSUPPORTED' })
  t.like(error, { position: { file: join(folder, 'login.config'), line: 2, column: 1 } })
  t.notRegex(String(error?.message), /topsecret/)
  t.throws(() => realm(`${TEXT_FILE};`), { code: 'AUTH_MODULE_UNSUPPORTED' })
  t.throws(() => certificates(`${PROPERTIES};`), { code: 'AUTH_MODULE_UNSUPPORTED' })
  t.throws(() => certificates(`${JAAS}.GuestLoginModule sufficient;`), { code: 'AUTH_MODULE_UNSUPPORTED' })
  t.throws(() => realm(`${JAAS}.PropertiesLoginModule required;`), { code: 'AUTH_OPTION_INVALID' })
  t.throws(() => realm(`${PROPERTIES.replace('users', 'missing')};`), {
    code: 'AUTH_FILE_UNREADABLE',
    message: /missing\.properties.*no such file/,
  })
  const loginConfig = write('login.config', 'a { x.Y required; }; b { };')
  t.throws(() => createAuthenticator({ kind: 'jaas', loginConfig, realm: 'r' }, host), { code: 'AUTH_REALM_MISSING' })
  t.throws(() => createAuthenticator({ kind: 'jaas', loginConfig, realm: 'b' }, host), { code: 'AUTH_REALM_MISSING' })
  t.throws(() => createAuthenticator({ kind: 'jaas', loginConfig: join(folder, 'no'), realm: 'r' }, host), {
    code: 'AUTH_LOGIN_CONFIG',
    message: /no such file/,
  })
})

test('SE-04: a realm without an entry is served by the entry "other"', t => {
  const { host, write } = room(t)
  const loginConfig = write('login.config', `other { ${JAAS}.GuestLoginModule required; };`)
  t.deepEqual(outcome(createAuthenticator({ kind: 'jaas', loginConfig, realm: 'r' }, host)), ['guests'])
})

test('SE-04: an option that a module does not know is reported, as ActiveMQ does not', t => {
  const { realm, lines } = room(t)
  realm(`${JAAS}.GuestLoginModule required credentialInvalidate=true;`)
  t.regex(lines.join('\n'), /login\.config:2: .*"credentialInvalidate"/)
})
