import { TandemError } from '../base/errors.ts'

/**
 * A destination in STOMP's words from ActiveMQ's: `queue://A` and `/queue/A` are `/queue/A`, a name alone is a queue; of several with
 * commas between them, each. Throws CLIENT_ADDRESS for what is none.
 */
export function stompDestination(text: string): string {
  return text.split(',').map(one).join(',')
}

function one(text: string): string {
  const trimmed = text.trim()
  const [, uriKind = '', uriName = ''] = /^(\w[\w-]*):\/\/(.*)$/s.exec(trimmed) ?? []
  const [, pathKind = '', pathName = ''] = /^\/([\w-]+)\/(.*)$/s.exec(trimmed) ?? []
  const kind = uriKind === '' ? pathKind : uriKind
  const name = uriKind === '' ? pathName : uriName
  if (kind === '' && trimmed !== '' && !trimmed.startsWith('/')) return `/queue/${trimmed}`
  if ((kind === 'queue' || kind === 'topic') && name !== '') return `/${kind}/${name}`
  throw new TandemError('CLIENT_ADDRESS', `"${text}" is no destination like queue://NAME, topic://NAME or /queue/NAME`)
}

/** The same in the form that ActiveMQ's lines show: `queue://A`. */
export const uriOf = (destination: string): string => destination.replaceAll(/(^|,)\/(queue|topic)\//g, '$1$2://')
