import { messageOf } from '../base/errors.ts'
import { descendants, propertyText, textOf } from './beans.ts'
import type { Environment } from './environment.ts'
import { LockedValue, type Layer, type Placeholders } from './placeholders.ts'
import type { Element } from '../xml/xml.ts'

const DEFAULT_ALGORITHM = 'PBEWithMD5AndDES'

export interface Decryption {
  readonly algorithm: string
  readonly password: string | null
  /** Where the password is expected, for who has not given it. */
  readonly source: string
  readonly decrypt: Environment['decrypt']
}

/** jasypt's beans only serve the configurer; they are used when one reads encrypted values. */
export const isEncryptor = (bean: Element): boolean => (textOf(bean, 'class') ?? '').startsWith('org.jasypt.')

/** jasypt's encryptor beans, wherever they stand: their names differ between versions, their properties do not (config 1.5). */
export function findDecryption(tops: readonly Element[], outer: Environment, early: Placeholders): Decryption {
  let algorithm = DEFAULT_ALGORITHM
  let password: string | null = null
  let source = 'no password is configured'
  for (const bean of tops.flatMap(top => [...descendants(top)]).filter(isEncryptor)) {
    algorithm = propertyText(bean, 'algorithm')?.trim() ?? algorithm
    const literal = propertyText(bean, 'password')
    const variable = propertyText(bean, 'passwordEnvName')
    const property = propertyText(bean, 'passwordSysPropertyName')
    if (literal !== null) {
      const filled = early.fill(literal)
      password = 'text' in filled ? filled.text : null
    } else if (variable !== null) {
      password = outer.env[variable] ?? null
      source = `set the environment variable ${variable}`
    } else if (property !== null) {
      password = Object.hasOwn(outer.system, property) ? (outer.system[property] ?? null) : null
      source = `give -D${property}=…`
    }
  }
  return { algorithm, password, source, decrypt: outer.decrypt }
}

/** The same layer with every `ENC(…)` decrypted when it is read. Null: nothing decrypts, so the text stays as it is. */
export const decrypted = (layer: Layer, decryption: Decryption | null): Layer =>
  decryption === null ? layer : { ...layer, get: name => readable(layer.get(name), decryption) }

/** Plain text as it is; `ENC(…)` decrypted. The encrypted text itself is never a value. */
function readable(value: string | null, decryption: Decryption): string | null {
  const text = value?.trim() ?? ''
  if (value === null || !text.startsWith('ENC(') || !text.endsWith(')')) return value
  if (decryption.password === null) throw new LockedValue(decryption.source)
  if (decryption.decrypt === null) throw new LockedValue('this program was started without a decryptor')
  try {
    return decryption.decrypt(decryption.algorithm, decryption.password, text.slice(4, -1).trim())
  } catch (thrown) {
    throw new LockedValue(`${decryption.algorithm}: ${messageOf(thrown)}`, { cause: thrown })
  }
}
