import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DestinationKind, destinationUri, type DestinationName } from '../base/destination.ts'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Broker } from '../broker/broker.ts'
import { namedPlaces } from './pictures.ts'

/** The list of destinations, one `queue://NAME` or `topic://NAME` a line (semantics PL-16); those of ActiveMQ are read as well. */
export function saveDestinations(broker: Broker, file: string, log: Log): void {
  // Advisory topics come and go with what they tell of.
  const names = namedPlaces(broker).filter(({ at }) => !at.name.startsWith('ActiveMQ.Advisory.'))
  try {
    mkdirSync(dirname(file), { recursive: true })
    // In one piece or not at all: half a list would be read as one.
    const whole = names.map(({ at }) => `${destinationUri(at)}\n`).join('')
    writeFileSync(`${file}.new`, whole, { flush: true })
    renameSync(`${file}.new`, file)
  } catch (error) {
    log.warn(`the list of destinations cannot be saved: ${messageOf(error)}`, { code: 'PLUGIN_FILE' })
  }
}

/** Makes what is listed and does not exist. No file is an empty list. */
export function restoreDestinations(broker: Broker, file: string, log: Log): void {
  try {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const at = destinationOf(line.trim())
      if (at !== null) broker.create(at, null)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn(`the list of destinations cannot be read: ${messageOf(error)}`, { code: 'PLUGIN_FILE' })
  }
}

function destinationOf(line: string): DestinationName | null {
  const match = /^(?:(queue|topic):\/\/)?([^:].*)$/.exec(line)
  if (match === null) return null
  const [, kind = 'queue', name = ''] = match
  return { kind: kind === 'topic' ? DestinationKind.topic : DestinationKind.queue, name }
}
