import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { TandemError, messageOf } from '../base/errors.ts'
import { JASYPT_ALGORITHMS, JASYPT_RANDOM_BYTES, decryptJasypt, encryptJasypt } from '../security/security.ts'
import { UsageError, readArguments, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { visibleLines } from './visible.ts'
import { wrongCall } from './wrong-call.ts'

const OPTIONS_HELP = `  --input TEXT      - reads it from stdin; without it you are asked, and it is not shown
  --password WORD   the password of the encryption, not what is encrypted; anybody on this machine can read it here, so better
                    --password-file FILE, or ACTIVEMQ_ENCRYPTION_PASSWORD; without any you are asked, and it is not shown
  --algorithm NAME  PBEWithMD5AndDES, or PBEWITHHMACSHA256ANDAES_256 and its kin`

export const ENCRYPT_HELP: string = `Usage: tandemmq encrypt [--input TEXT] [--password-file FILE] [--algorithm NAME]

Encrypts a text, for ENC(…) in credentials-enc.properties, an activemq.xml or login files. ActiveMQ and jasypt read it too.

${OPTIONS_HELP}; default PBEWITHHMACSHA256ANDAES_256, under the name activemq PBEWithMD5AndDES as there

Exit code 0 done, 1 failed, 2 a wrong call.

Example: ACTIVEMQ_ENCRYPTION_PASSWORD=activemq tandemmq encrypt --input manager
`

export const DECRYPT_HELP: string = `Usage: tandemmq decrypt [--input TEXT] [--password-file FILE] [--algorithm NAME]

Decrypts the text inside ENC(…), which this verb, ActiveMQ's tool or jasypt has encrypted.

${OPTIONS_HELP}; without it both of these are tried

Exit code 0 done, 1 it cannot be decrypted, 2 a wrong call.

Example: ACTIVEMQ_ENCRYPTION_PASSWORD=activemq tandemmq decrypt --input "mYRkg+4Q4hua1kvpCCI2hg=="
`

const text = { type: 'string' } as const
const OPTIONS: Options = { input: text, password: text, 'password-file': text, algorithm: text }

/** Verb `encrypt` (management CT-11, TC-05). */
export function encrypt(terminal: Terminal): Promise<number> {
  return act(terminal, 'encrypt', ENCRYPT_HELP, ({ input, password, algorithm }) => {
    const named = algorithm ?? JASYPT_ALGORITHMS[terminal.compat === true ? 0 : 1]
    const encrypted = encryptJasypt(named, password, input, randomBytes(JASYPT_RANDOM_BYTES))
    if (algorithm === null && terminal.compat !== true)
      terminal.err(`note: the encryptor bean of your XML has to name the algorithm ${named}\n`)
    return `Encrypted text: ${encrypted}\n`
  })
}

/** Verb `decrypt` (management CT-11). */
export function decrypt(terminal: Terminal): Promise<number> {
  return act(terminal, 'decrypt', DECRYPT_HELP, ({ input, password, algorithm }) => {
    // People paste it as it stands in the file.
    const inner = /^\s*ENC\((.*)\)\s*$/s.exec(input)?.[1] ?? input
    return `Decrypted text: ${visibleLines(decryptByAny(algorithm, password, inner))}\n`
  })
}

/** A wrong algorithm looks like a wrong password: the last one's error counts. */
function decryptByAny(algorithm: string | null, password: string, input: string): string {
  if (algorithm !== null) return decryptJasypt(algorithm, password, input)
  try {
    return decryptJasypt(JASYPT_ALGORITHMS[1], password, input)
  } catch {
    return decryptJasypt(JASYPT_ALGORITHMS[0], password, input)
  }
}

interface Call {
  readonly input: string
  readonly password: string
  readonly algorithm: string | null
}

async function act(terminal: Terminal, verb: string, help: string, run: (call: Call) => string): Promise<number> {
  try {
    terminal.out(run(await parse(terminal)))
    return 0
  } catch (error) {
    if (error instanceof UsageError) {
      wrongCall(terminal, verb, help, error.message)
      return 2
    }
    if (verb === 'decrypt' && error instanceof TandemError && error.code === 'DECRYPT_FAILED')
      terminal.err('ERROR: Text cannot be decrypted, check your input and password and try again!\n')
    terminal.err(`tandemmq ${verb}: ${messageOf(error)}\n`)
    return 1
  }
}

async function parse(terminal: Terminal): Promise<Call> {
  const { values, rest } = readArguments(terminal.args, OPTIONS)
  if (rest.length > 0) throw new UsageError('give the text with --input')
  const given = values.get('input')
  if (given === '-' && values.get('password') === '-')
    throw new UsageError('only one of text and password can come from stdin')
  const password = await passwordOf(terminal, values)
  const input = given === '-' ? await stdin(terminal) : (given ?? (await secret(terminal, 'Text: ', '--input TEXT')))
  if (password === '') throw new UsageError('the password is empty')
  return { input, password, algorithm: values.get('algorithm') ?? null }
}

async function passwordOf(terminal: Terminal, values: ReadonlyMap<string, string>): Promise<string> {
  const { env, cwd, err } = terminal
  const word = values.get('password')
  if (word === '-') return await stdin(terminal)
  if (word !== undefined) {
    err('warning: every user of this machine can read a password in a command line; use --password-file\n')
    return word
  }
  const file = values.get('password-file')
  if (file !== undefined) return firstLine(read(resolve(cwd, file), file))
  return env['ACTIVEMQ_ENCRYPTION_PASSWORD'] ?? (await secret(terminal, 'Password: ', '--password-file FILE'))
}

function read(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${shown} cannot be read: ${messageOf(error)}`)
  }
}

async function secret({ askSecret }: Terminal, question: string, option: string): Promise<string> {
  if (askSecret === undefined) throw new UsageError(`nobody can be asked here: give ${option}`)
  return await askSecret(question)
}

async function stdin({ input }: Terminal): Promise<string> {
  if (input === undefined) throw new UsageError('there is no standard input')
  return firstLine(await input())
}

const firstLine = (of: string): string => of.split(/\r?\n/, 1)[0] ?? ''
