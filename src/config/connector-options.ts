import type { Position } from '../base/errors.ts'
import type { Site } from './site.ts'
import type { ConnectorConfig } from './model.ts'
import { editDistance, suggestion } from '../base/suggest.ts'
import { judge } from './verdicts.ts'
import { PARSERS, parseList } from './values.ts'
import type { OptionWord } from '../vocabulary/vocabulary.ts'

type FromOptions = Pick<
  ConnectorConfig,
  | 'maximumConnections'
  | 'maxFrameSize'
  | 'maxDataLength'
  | 'connectAttemptTimeout'
  | 'protocolDetectionTimeout'
  | 'defaultHeartBeat'
  | 'heartBeatGrace'
  | 'useKeepAlive'
  | 'tcpNoDelay'
  | 'socketKeepAlive'
  | 'backlog'
  | 'allowLinkStealing'
  | 'trace'
  | 'needClientAuth'
  | 'wantClientAuth'
  | 'enabledProtocols'
  | 'enabledCipherSuites'
>

export interface Options extends FromOptions {
  /** `auto.protocols`; null means all. */
  readonly protocols: readonly string[] | null
}

interface Place {
  readonly at: Position
  readonly label: string
  readonly tls: boolean
  readonly auto: boolean
  readonly pointer: string
}

/** What a connector does that is told nothing else (config 3.3, stomp S-LIM, S-HB). */
const DEFAULTS: Options = {
  maximumConnections: 2 ** 31 - 1,
  maxFrameSize: 0,
  maxDataLength: 104_857_600,
  connectAttemptTimeout: 30_000,
  protocolDetectionTimeout: 30_000,
  defaultHeartBeat: [0, 0],
  heartBeatGrace: 1,
  useKeepAlive: true,
  tcpNoDelay: true,
  socketKeepAlive: false,
  backlog: 5000,
  allowLinkStealing: false,
  trace: false,
  needClientAuth: false,
  wantClientAuth: false,
  enabledProtocols: null,
  enabledCipherSuites: null,
  protocols: null,
}

const OPTIONS_MOST = 200

/** Every option of a connector's URI, checked against `schemas/transports.json`. */
export function readOptions(given: ReadonlyMap<string, string>, place: Place, site: Site): Options {
  const out: Record<string, unknown> = { ...DEFAULTS }
  if (given.size > OPTIONS_MOST) {
    const message = `${place.label} has ${given.size} options; no connector needs more than ${OPTIONS_MOST}`
    site.findings.refuse('CONFIG_URI_OPTION', place.at, message, 'write only the options that it needs')
    return DEFAULTS
  }
  for (const [name, text] of given) {
    const word = optionWord(name, place, site)
    if (word === null) continue
    const value = optionValue(name, text, word, place, site)
    if (value === undefined) continue
    if (word.field === undefined || word.verdict !== 'HONOUR') judgeOption(name, text, word, place, site)
    else {
      out[word.field] = value
      site.places.set(`${place.pointer}/${word.field}`, place.at)
      checkSecurity(name, value, word, place, site)
    }
  }
  if (out['needClientAuth'] === true) out['wantClientAuth'] = false
  // Each field got a value of the type that transports.json names for it, or kept its default.
  return out as unknown as Options
}

function optionWord(name: string, place: Place, site: Site): OptionWord | null {
  const { options, ignoredPrefixes } = site.transports
  const exact = Object.hasOwn(options, name) ? options[name] : undefined
  if (exact !== undefined) return exact
  const { findings } = site
  const names = Object.keys(options)
  const meant = names.find(candidate => candidate.toLowerCase() === name.toLowerCase())
  const word = meant === undefined ? undefined : options[meant]
  const guarded = nearSecurity(name, options)
  const message = `${place.label}: unknown option "${name}"`
  if (guarded !== null) {
    findings.refuse(
      'CONFIG_URI_OPTION',
      place.at,
      `${message}; it looks like "${guarded}", which protects`,
      `write "${guarded}"`,
    )
    return null
  }
  if (word !== undefined) {
    const hint = 'ActiveMQ ignored it; correct its case'
    findings.warn('CONFIG_URI_OPTION', place.at, `${message}; it is read as "${meant}"`, hint)
    return word
  }
  if (ignoredPrefixes.some(prefix => name.startsWith(prefix))) {
    findings.add('accept', 'CONFIG_NO_EFFECT', place.at, `${place.label}: option "${name}" belongs to clients`)
    return null
  }
  const other = prefixed(name, names)
  const hint =
    other === null
      ? suggestion(
          name,
          names.filter(n => editDistance(n.toLowerCase(), name.toLowerCase()) <= 2),
        )
      : `did you mean "${other}"?`
  findings.warn('CONFIG_URI_OPTION', place.at, `${message}; it is ignored, as in ActiveMQ`, hint)
  return null
}

const tail = (name: string): string => name.slice(name.lastIndexOf('.') + 1).toLowerCase()

/**
 * The right option when only its prefix is wrong or missing: `maxFrameSize`, `transport.wireFormat.maxFrameSize`. Of two,
 * the later in the alphabet: `wireFormat.` is what ActiveMQ's own files write.
 */
const prefixed = (name: string, names: readonly string[]): string | null =>
  names.findLast(candidate => tail(candidate) === tail(name)) ?? null

/** A misspelt option must not switch off a protection in silence (config 3.3). */
function nearSecurity(name: string, options: Readonly<Record<string, OptionWord>>): string | null {
  for (const [candidate, { security }] of Object.entries(options))
    if (security === true && editDistance(tail(candidate), tail(name)) <= 2)
      return name.startsWith('transport.') && !candidate.startsWith('transport.') ? `transport.${candidate}` : candidate
  return null
}

function optionValue(name: string, text: string, word: OptionWord, place: Place, { findings }: Site): unknown {
  if (word.type === 'list') return parseList(text)
  const parsed = PARSERS[word.type]?.(text)
  if (parsed === undefined) return text
  if ('value' in parsed) return parsed.value
  const problem = text === '' ? 'has no value' : `: "${text}" ${parsed.problem}`
  const message = `${place.label}: option "${name}"${problem.startsWith(':') ? problem : ` ${problem}`}`
  // ActiveMQ silently took nonsense for some of these; a wrong value of one without effect here stops nothing.
  if (word.verdict === 'ACCEPT') findings.warn('CONFIG_URI_OPTION', place.at, message)
  else findings.error('CONFIG_URI_OPTION', place.at, message)
  return undefined
}

function judgeOption(name: string, text: string, word: OptionWord, place: Place, { findings, outer }: Site): void {
  if (word.default?.toLowerCase() === text.toLowerCase()) return
  judge(
    word,
    place.at,
    `${place.label}: option "${name}"`,
    { findings, overrides: outer.overrides },
    'CONFIG_URI_OPTION',
  )
}

const TLS_VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3', 'SSLv2Hello', 'SSLv3']

/** What only TLS can enforce is refused on a plain connector; unknown protocol names are errors. */
function checkSecurity(name: string, value: unknown, word: OptionWord, place: Place, { findings }: Site): void {
  if (word.security !== true || word.field === 'protocols') return
  if (!place.tls && value !== false) {
    const message = `${place.label}: option "${name}" needs TLS, and this connector has none`
    findings.refuse('CONFIG_TLS', place.at, message, 'use the +ssl form of the scheme, or remove the option')
  }
  if (word.field !== 'enabledProtocols' || !Array.isArray(value)) return
  for (const version of value as readonly string[])
    if (!TLS_VERSIONS.includes(version)) {
      const message = `${place.label}: "${version}" is no TLS version`
      findings.error('CONFIG_TLS', place.at, message, suggestion(version, TLS_VERSIONS))
    }
}
