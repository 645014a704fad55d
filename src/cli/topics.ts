import type { Terminal } from './cli.ts'
import { CONNECTION_HELP } from './connection.ts'
import { destinations, rowOf } from './destinations.ts'
import { LIST_HELP, LIST_OPTIONS, printList } from './listing.ts'
import { CHANGE_HELP, CHANGE_OPTIONS, wordsOf, type NodeCall } from './node-call.ts'
import { noun, type Action } from './noun.ts'
import { createDestination, deleteDestination, showDestination } from './queues.ts'
import { OBJECT_OPTIONS, ROW_HELP, type Row } from './rows.ts'

export const TOPICS_HELP: string = `Usage: tandemmq topics list   [--advisories] [--filter PATTERN] [--sort enqueued] [--limit N] [--watch 2s]
       tandemmq topics show   TOPIC
       tandemmq topics create TOPIC
       tandemmq topics delete TOPIC

Topics of a running broker. show answers in lines, or with -o json, jsonl or yaml. Exit code 5 when there is no such
topic, 6 when it was not confirmed, or has subscribers and was to be deleted.

  --advisories        the topics of the broker's own messages too
${LIST_HELP}${ROW_HELP}${CHANGE_HELP}${CONNECTION_HELP}
Example: tandemmq topics list --sort enqueued
`

const COLUMNS = [
  { key: 'name', title: 'NAME' },
  { key: 'consumers', title: 'CONSUMERS' },
  { key: 'enqueued', title: 'ENQUEUED' },
  { key: 'dispatched', title: 'DISPATCHED' },
  { key: 'dequeued', title: 'DEQUEUED' },
  { key: 'memoryPercent', title: 'MEMORY %' },
  { key: 'inflight', title: 'INFLIGHT', wide: true },
  { key: 'expired', title: 'EXPIRED', wide: true },
  { key: 'averageBytes', title: 'BYTES EACH', wide: true },
  { key: 'memoryBytes', title: 'MEMORY BYTES', wide: true },
  { key: 'memoryLimit', title: 'MEMORY LIMIT', wide: true },
  { key: 'blockedSends', title: 'BLOCKED SENDS', wide: true },
]

const ATTRIBUTES = {
  consumers: 'ConsumerCount',
  enqueued: 'EnqueueCount',
  dispatched: 'DispatchCount',
  dequeued: 'DequeueCount',
  memoryPercent: 'MemoryPercentUsage',
  inflight: 'InFlightCount',
  expired: 'ExpiredCount',
  averageBytes: 'AverageMessageSize',
  memoryBytes: 'MemoryUsageByteCount',
  memoryLimit: 'MemoryLimit',
  blockedSends: 'BlockedSends',
}

const ACTIONS: Readonly<Record<string, Action>> = {
  list: { options: { ...LIST_OPTIONS, advisories: { type: 'boolean' } }, run: list },
  show: { options: OBJECT_OPTIONS, run: call => showDestination(call, 'Topic') },
  create: { options: CHANGE_OPTIONS, run: call => createDestination(call, 'Topic') },
  delete: { options: CHANGE_OPTIONS, run: call => deleteDestination(call, 'Topic') },
}

/** Verb `topics`. */
export const topics = (terminal: Terminal): Promise<number> => noun(terminal, 'topics', TOPICS_HELP, ACTIONS)

function list(call: NodeCall): Promise<number> {
  wordsOf(call)
  const all = call.given.flags.has('advisories')
  return printList(call, COLUMNS, async (): Promise<readonly Row[]> => {
    const found = await destinations(call.client, 'Topic', Object.values(ATTRIBUTES))
    return found
      .filter(({ name }) => all || !name.startsWith('ActiveMQ.Advisory.'))
      .map(({ name, attributes }) => ({ name, ...rowOf(attributes, ATTRIBUTES) }))
  })
}
