import { createCipheriv, createHash, pbkdf2Sync } from 'node:crypto'
import { join } from 'node:path'
import test from 'ava'
import { formatFinding, type LoadOptions, type LoadResult } from '../../src/config/config.ts'
import { decryptJasypt } from '../../src/security/security.ts'
import { broker, codes, directoryWith, find, load, STOMP, stops } from './loading.ts'

const NAMESPACES =
  'xmlns="http://www.springframework.org/schema/beans" xmlns:util="http://www.springframework.org/schema/util" xmlns:context="http://www.springframework.org/schema/context"'
const FILES = { 'a.properties': 'y=ay\nboth=${y}!\n', 'b.properties': 'y=by\nz=bz\n' }
const OLD = 'org.springframework.beans.factory.config.PropertyPlaceholderConfigurer'
const NEW = 'org.springframework.context.support.PropertySourcesPlaceholderConfigurer'

const configurer = (properties: Readonly<Record<string, string>>, className = OLD): string =>
  `<bean class="${className}">${Object.entries(properties)
    .map(([name, value]) => `<property name="${name}" value="${value}"/>`)
    .join('')}</bean>`

/** The broker's name after its placeholders, or the findings that stop it. */
async function nameOf(head: string, text: string, options: Partial<LoadOptions> = {}, files = {}): Promise<string> {
  const result = await resultOf(head, text, options, files)
  return result.config?.brokerName ?? stops(result).map(formatFinding).join('\n')
}

const resultOf = (head: string, text: string, options: Partial<LoadOptions> = {}, files = {}): Promise<LoadResult> => {
  const xml = `<beans ${NAMESPACES}>\n${head}\n${broker(`brokerName="${text}"`, STOMP)}</beans>`
  return load(join(directoryWith({ 'x.xml': xml, ...FILES, ...files }), 'x.xml'), options)
}

test('config 1.5: later files override earlier ones, and values hold placeholders themselves', async t => {
  const both =
    '<property name="locations"><list><value>a.properties</value><value>classpath:b.properties</value></list></property>'
  t.is(await nameOf(`<bean class="${OLD}">${both}</bean>`, '${y}-${z}-${both}'), 'by-bz-by_')
  t.is(await nameOf('<context:property-placeholder location="b.properties, a.properties"/>', '${y}'), 'ay')
})

test('config 1.5: default, nested default, empty default and a placeholder in a name', async t => {
  const one = configurer({})
  t.is(await nameOf(one, '${n:x}${m:}${a:${b:${c:deep}}}'), 'xdeep')
  t.is(await nameOf(one, '${at:a:b}'), 'a:b')
  t.is(await nameOf(one, '${x.${which}}', { properties: { which: 'one', 'x.one': 'found' } }), 'found')
})

test('config 1.5: look-up order of the old class, the new one, the modes, and a configurer that is kept from the process', async t => {
  const options = { properties: { y: 'property' }, env: { y: 'variable', only_env: 'e', ONLY_UPPER: 'u' } }
  const location = { location: 'a.properties' }
  t.is(await nameOf(configurer(location), '${y}', options), 'ay')
  t.is(await nameOf(configurer(location, NEW), '${y}', options), 'property')
  t.is(await nameOf(configurer({ ...location, localOverride: 'true' }, NEW), '${y}', options), 'ay')
  t.is(await nameOf(configurer(location, NEW), '${only.env}-${only.upper}', options), 'e-u')
  for (const name of ['systemPropertiesModeName', 'systemPropertiesMode']) {
    const mode = { [name]: name.endsWith('Name') ? 'SYSTEM_PROPERTIES_MODE_OVERRIDE' : '2' }
    t.is(await nameOf(configurer({ ...location, ...mode }), '${y}', options), 'property')
  }
  t.regex(
    await nameOf(configurer({ systemPropertiesModeName: 'SYSTEM_PROPERTIES_MODE_NEVER' }), '${y}', options),
    /cannot resolve/,
  )
  t.regex(await nameOf(configurer({ searchSystemEnvironment: 'false' }), '${only_env}', options), /cannot resolve/)
})

test('config 1.5: several configurers have their say in turn; what is left open is only open when all of them allow it', async t => {
  const first = configurer({ location: 'a.properties', ignoreUnresolvablePlaceholders: 'true' })
  t.is(await nameOf(first + configurer({ location: 'b.properties' }), '${y}-${z}'), 'ay-bz')
  t.is(await nameOf(first, '${none}'), '__none_')
  t.regex(await nameOf(first + configurer({ location: 'b.properties' }), '${none}'), /cannot resolve \$\{none\}/)
  t.is(await nameOf('<context:property-placeholder ignore-unresolvable="true"/>', '${none}'), '__none_')
})

test('config 1.5: properties in place, in <util:properties>, by reference and in a file that is missing', async t => {
  const props = '<props><prop key="y">inline</prop></props>'
  t.is(await nameOf(`<bean class="${OLD}"><property name="properties">${props}</property></bean>`, '${y}'), 'inline')
  t.is(
    await nameOf(`<bean class="${OLD}"><property name="properties"><value>y=text</value></property></bean>`, '${y}'),
    'text',
  )
  t.is(
    await nameOf(
      '<util:properties id="d" location="a.properties"/><context:property-placeholder properties-ref="d"/>',
      '${y}',
    ),
    'ay',
  )
  t.is(
    await nameOf(
      `<util:properties id="d"><prop key="y">u</prop></util:properties><bean class="${NEW}"><property name="properties" ref="d"/></bean>`,
      '${y}',
    ),
    'u',
  )
  t.is(
    await nameOf(
      `<bean class="${OLD}"><property name="properties"><util:properties location="b.properties"/></property></bean>`,
      '${z}',
    ),
    'bz',
  )
  t.regex(await nameOf('<context:property-placeholder properties-ref="gone"/>', 'n'), /no bean has the id "gone"/)
  t.is(
    await nameOf('<context:property-placeholder location="gone.properties" ignore-resource-not-found="true"/>', 'n'),
    'n',
  )
})

test('config 1.5: a placeholder defined by itself is an error, an unknown one a refusal, in credentials and elsewhere', async t => {
  const circle =
    '<property name="properties"><props><prop key="a">${b}</prop><prop key="b">${a}</prop></props></property>'
  const circular = await resultOf(`<bean class="${OLD}">${circle}</bean>`, '${a}')
  t.like(find(circular, 'CONFIG_PLACEHOLDER'), {
    severity: 'error',
    message: '${a} in "brokerName" is defined by itself',
  })
  t.deepEqual(codes(await resultOf(configurer({}), '${none}'), 'refuse'), ['CONFIG_PLACEHOLDER'])
})

test('config 1.5: expansion is bounded, whatever the properties say', async t => {
  const bomb = Array.from({ length: 30 }, (_, i) => `k${i}=${`\${k${i + 1}}`.repeat(10)}`).join('\n') + '\nk30=x\n'
  const result = await resultOf(configurer({ location: 'bomb.properties' }), '${k0}', {}, { 'bomb.properties': bomb })
  t.regex(find(result, 'CONFIG_PLACEHOLDER')?.message ?? '', /expands to more than/)
  const deep = Array.from({ length: 3000 }, (_, i) => `d${i}=\${d${i + 1}}`).join('\n') + '\nd3000=x\n'
  const chain = await resultOf(configurer({ location: 'deep.properties' }), '${d0}', {}, { 'deep.properties': deep })
  t.regex(find(chain, 'CONFIG_PLACEHOLDER')?.message ?? '', /deep|more than/)
  const nested = '${a:'.repeat(5000) + 'x' + '}'.repeat(5000)
  t.true(codes(await resultOf(configurer({}), nested), 'refuse').includes('CONFIG_PLACEHOLDER'))
})

test('config 1.5: a configurer whose placeholders look different is refused, not read wrongly', async t => {
  t.regex(await nameOf(configurer({ placeholderPrefix: '@{' }), 'n'), /placeholderPrefix="@\{".*is not served/)
  t.is(await nameOf(configurer({ placeholderPrefix: '${', valueSeparator: ':' }), 'n'), 'n')
})

const ENCRYPTABLE = 'org.jasypt.spring31.properties.EncryptablePropertyPlaceholderConfigurer'
const encryptor = (settings: string): string =>
  `<bean id="c" class="org.jasypt.encryption.pbe.config.EnvironmentStringPBEConfig">${settings}</bean>
   <bean id="e" class="org.jasypt.encryption.pbe.StandardPBEStringEncryptor"><property name="config" ref="c"/></bean>
   <bean class="${ENCRYPTABLE}"><constructor-arg ref="e"/><property name="location" value="e.properties"/></bean>`
const property = (name: string, value: string): string => `<property name="${name}" value="${value}"/>`

/** As jasypt's command line writes it: PKCS#5 PBES1 with MD5 and DES, a random salt in front. */
function md5AndDes(text: string, password: string): string {
  const salt = Buffer.from('0102030405060708', 'hex')
  let key: Buffer = Buffer.concat([Buffer.from(password), salt])
  for (let i = 0; i < 1000; i++) key = createHash('md5').update(key).digest()
  const des = key.subarray(0, 8)
  const cipher = createCipheriv('des-ede3-cbc', Buffer.concat([des, des, des]), key.subarray(8))
  return Buffer.concat([salt, cipher.update(text), cipher.final()]).toString('base64')
}

function hmacAndAes(text: string, password: string): string {
  const salt = Buffer.alloc(16, 7)
  const iv = Buffer.alloc(16, 9)
  const cipher = createCipheriv('aes-256-cbc', pbkdf2Sync(password, salt, 1000, 32, 'sha256'), iv)
  return Buffer.concat([salt, iv, cipher.update(text), cipher.final()]).toString('base64')
}

test('config 1.5: ENC(…) is decrypted with both of ActiveMQ’s algorithms and from each place of the password', async t => {
  const old = { 'e.properties': `who=ENC(${md5AndDes('clear-1', 'secret-key')})\n` }
  const today = { 'e.properties': `who=ENC(${hmacAndAes('clear-2', 'secret-key')})\n` }
  const algorithm = property('algorithm', 'PBEWITHHMACSHA256ANDAES_256')
  const options = { decrypt: decryptJasypt, env: { PW: 'secret-key' }, properties: { pw: 'secret-key' } }
  t.is(await nameOf(encryptor(property('passwordEnvName', 'PW')), '${who}', options, old), 'clear-1')
  t.is(await nameOf(encryptor(algorithm + property('passwordEnvName', 'PW')), '${who}', options, today), 'clear-2')
  t.is(await nameOf(encryptor(property('passwordSysPropertyName', 'pw')), '${who}', options, old), 'clear-1')
  t.is(await nameOf(encryptor(property('password', '${pw}')), '${who}', options, old), 'clear-1')
})

test('config 1.5: ENC(…) without a key, with a wrong one, or without a decrypting configurer never becomes a password', async t => {
  const files = { 'e.properties': `who=ENC(${md5AndDes('clear-1', 'secret-key')})\n` }
  const one = encryptor(property('passwordEnvName', 'PW'))
  const none = await resultOf(one, '${who}', { decrypt: decryptJasypt }, files)
  t.deepEqual(codes(none, 'refuse'), ['CONFIG_ENCRYPTED'])
  t.regex(find(none, 'CONFIG_ENCRYPTED')?.message ?? '', /set the environment variable PW/)
  const wrong = await resultOf(one, '${who}', { decrypt: decryptJasypt, env: { PW: 'other' } }, files)
  t.deepEqual(codes(wrong, 'refuse'), ['CONFIG_ENCRYPTED'])
  const algorithm = encryptor(property('algorithm', 'PBEWithMD5AndTripleDES') + property('passwordEnvName', 'PW'))
  const unknown = await resultOf(algorithm, '${who}', { decrypt: decryptJasypt, env: { PW: 'secret-key' } }, files)
  t.regex(find(unknown, 'CONFIG_ENCRYPTED')?.message ?? '', /PBEWithMD5AndTripleDES.* is not served/)
  const users =
    '<plugins><simpleAuthenticationPlugin><users><authenticationUser username="u" password="${who}" groups="g"/></users></simpleAuthenticationPlugin></plugins>'
  const xml = `<beans ${NAMESPACES}>${configurer({ location: 'e.properties' })}${broker('', users + STOMP)}</beans>`
  const plain = await load(join(directoryWith({ 'x.xml': xml, ...files }), 'x.xml'), { decrypt: decryptJasypt })
  t.deepEqual(codes(plain, 'refuse'), ['CONFIG_ENCRYPTED'])
  for (const result of [none, wrong, unknown, plain])
    t.notRegex(JSON.stringify(result.findings), /secret-key|clear-1|ENC\(AQ/)
})
