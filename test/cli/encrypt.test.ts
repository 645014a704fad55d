import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { temporary } from '../temporary.ts'
import { call } from './terminal.ts'

const env = { ACTIVEMQ_ENCRYPTION_PASSWORD: 'activemq' }
const encryptedIn = (out: string): string => /^Encrypted text: (\S+)\n$/.exec(out)?.[1] ?? ''

test('CT-11, W-12: decrypt reads what ActiveMQ ships, and what encrypt writes, in each algorithm', async t => {
  const stock = await call(['decrypt', '--input', 'mYRkg+4Q4hua1kvpCCI2hg=='], undefined, { env })
  t.is(stock.out, 'Decrypted text: manager\n')
  for (const algorithm of ['PBEWithMD5AndDES', 'PBEWITHHMACSHA256ANDAES_256', 'PBEWITHHMACSHA1ANDAES_128']) {
    const made = await call(['encrypt', '--input', 'påss: wörd €', '--algorithm', algorithm], undefined, { env })
    t.is(made.code, 0, made.err)
    const again = await call(['encrypt', '--input', 'påss: wörd €', '--algorithm', algorithm], undefined, { env })
    t.not(made.out, again.out, 'each has a salt of its own')
    const back = ['decrypt', '--input', `ENC(${encryptedIn(made.out)})`, '--algorithm', algorithm]
    t.is((await call(back, undefined, { env })).out, 'Decrypted text: påss: wörd €\n')
  }
})

test('TC-05: encrypt uses AES, and DES under the name activemq; decrypt needs not be told which', async t => {
  const ours = await call(['encrypt', '--input', 'x'], undefined, { env })
  t.is(Buffer.from(encryptedIn(ours.out), 'base64').length, 48)
  t.regex(ours.err, /PBEWITHHMACSHA256ANDAES_256/)
  const theirs = await call(['encrypt', '--input', 'x'], undefined, { env, compat: true })
  t.is(Buffer.from(encryptedIn(theirs.out), 'base64').length, 16)
  for (const { out } of [ours, theirs])
    t.is((await call(['decrypt', '--input', encryptedIn(out)], undefined, { env })).out, 'Decrypted text: x\n')
})

test('TC-05: text and password come from a file, from stdin, or are asked for and not shown', async t => {
  const asked: string[] = []
  const askSecret = (question: string): Promise<string> => {
    asked.push(question)
    return Promise.resolve(question.startsWith('Password') ? 'activemq' : 'manager')
  }
  const { out, err } = await call(['encrypt'], undefined, { askSecret })
  t.deepEqual(asked, ['Password: ', 'Text: '])
  t.notRegex(out + err, /manager|activemq/)
  const directory = temporary('encrypt')
  writeFileSync(join(directory, 'word'), 'activemq\n')
  const input = (): Promise<string> => Promise.resolve(`${encryptedIn(out)}\n`)
  const back = await call(['decrypt', '--input', '-', '--password-file', 'word'], directory, { input })
  t.is(back.out, 'Decrypted text: manager\n', back.err)
})

test('CT-11, TX-01, TX-02: a wrong password is an error in ActiveMQ’s words and repeats nothing; a wrong call has the help', async t => {
  const wrong = await call(['decrypt', '--password', 'wr0ng', '--input', 'mYRkg+4Q4hua1kvpCCI2hg=='])
  t.is(wrong.code, 1)
  t.is(wrong.out, '')
  t.regex(wrong.err, /^ERROR: Text cannot be decrypted, check your input and password and try again!$/m)
  t.notRegex(wrong.err, /wr0ng|mYRkg/)
  t.is((await call(['encrypt', '--input', 'x', '--algorithm', 'ROT13'], undefined, { env })).code, 1)
  for (const args of [['encrypt'], ['encrypt', '--input', 'x'], ['decrypt', 'stray'], ['encrypt', '--inptu', 'x']]) {
    const { code, err } = await call(args)
    t.is(code, 2, args.join(' '))
    t.regex(err, /Usage: tandemmq (en|de)crypt/)
  }
})
