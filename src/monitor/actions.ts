import { namesTopic } from '../base/destination.ts'
import type { Ask, Call, Confirm, Guard, Job } from './confirm.ts'
import type { Model } from './model.ts'
import { answers, nameOf, roleOf, type NodeModel } from './node.ts'
import { count, many } from './numbers.ts'
import { promotion } from './promotion.ts'
import type { DestinationRow } from './rows.ts'

/** From this many messages on the name of what loses them must be typed (management UA-02). */
const TYPED_FROM = 1000

/** The question that must be answered before something is changed, or why it is none. */
export function question(model: Model, ask: Ask): Confirm | string {
  const node = model.nodes.find(({ url }) => url === ask.url)
  if (model.readOnly) return 'nothing can be changed: the dashboard was started with --read-only'
  if (node === undefined) return 'that node is not watched any more'
  if (ask.verb === 'promote') return promotion(model.nodes, ask)
  if (!answers(node)) return `${nameOf(node)} does not answer; nothing can be changed there now`
  if (node.reach.kind === 'locked') return `${nameOf(node)} asks for a login first (:login)`
  if (roleOf(node) === 'passive') return `${nameOf(node)} is the passive; it changes nothing by itself`
  if (ask.verb === 'drop') return dropping(node, ask)
  if (ask.verb === 'delete' && ask.message === null) return deleting(node, ask)
  return onQueues(node, ask)
}

/** Why the question cannot be answered as it stands any more; null: it can. */
export function overtaken(model: Model, { guard, again }: Confirm): string | null {
  const node = model.nodes.find(({ url }) => url === again.url)
  if (node === undefined || !answers(node)) return 'the node does not answer any more'
  if (guard.epoch !== (node.pair?.epoch ?? null)) return 'another epoch began meanwhile'
  for (const [bean, size] of guard.sizes) {
    const now = sizeOf(node, bean)
    if (now === null) return 'it is gone meanwhile'
    if (now > size * 2) return `it has ${many(now, 'message')} by now`
  }
  return null
}

const destinationOf = (node: NodeModel, bean: string): DestinationRow | undefined =>
  node.queues.rows.get(bean) ?? node.topics.rows.get(bean)

/** Messages, and 0 for what has none; null: there is no such thing. */
function sizeOf(node: NodeModel, bean: string): number | null {
  const row = destinationOf(node, bean)
  if (row !== undefined) return row.size
  return [...node.subscriptions, ...node.connections].some(one => one.bean === bean) ? 0 : null
}

/** With its signature where some ActiveMQ has two of the name: Jolokia takes no other call (management JE-08, F-10). */
const exec = (bean: string, operation: string, ...args: readonly unknown[]): Call => ({
  kind: 'exec',
  bean,
  operation,
  args,
})

interface Draft {
  readonly title: string
  readonly lines: readonly string[]
  readonly word: string | null
  readonly calls: readonly Call[]
}

function confirm(node: NodeModel, ask: Ask, { title, lines, word, calls }: Draft): Confirm {
  const sizes = new Map(ask.message === null ? ask.beans.map(bean => [bean, sizeOf(node, bean) ?? 0]) : [])
  const guard: Guard = { epoch: node.pair?.epoch ?? null, sizes }
  const job: Job = { label: title.charAt(0).toLowerCase() + title.slice(1), url: node.url, calls }
  return { title, lines: [`on ${nameOf(node)}, ${node.url}`, ...lines], word, job, guard, again: ask }
}

function onQueues(node: NodeModel, ask: Ask): Confirm | string {
  const rows = ask.beans.flatMap(bean => node.queues.rows.get(bean) ?? [])
  const [first] = rows
  if (first === undefined) return 'this is done to queues; go to one (tab 1)'
  const names = rows.length === 1 ? first.name : `${rows.length} queues`
  const messages = rows.reduce((sum, { size }) => sum + size, 0)
  const word = messages > TYPED_FROM ? (rows.length === 1 ? first.name : String(rows.length)) : null
  if (ask.message !== null) return onMessage(node, ask, first, ask.message)
  const each = (operation: string, ...args: readonly unknown[]): readonly Call[] =>
    rows.map(({ bean }) => exec(bean, operation, ...args))
  switch (ask.verb) {
    case 'pause': {
      const resume = rows.every(({ paused }) => paused)
      const lines = resume
        ? ['Its messages go out to consumers again.']
        : ['Consumers get nothing more until it is resumed; sending goes on.']
      return confirm(node, ask, {
        title: `${resume ? 'Resume' : 'Pause'} ${names}`,
        lines: [`${many(messages, 'message')} wait there now`, ...lines],
        word: null,
        calls: each(resume ? 'resume' : 'pause'),
      })
    }
    case 'purge':
      return confirm(node, ask, {
        title: `Purge ${names}`,
        lines: [`${many(messages, 'message')} are removed for good; those that consumers hold stay.`],
        word,
        calls: each('purge()'),
      })
    case 'move':
      if (ask.to === null || ask.to === '') return 'say where the messages shall go'
      if (namesTopic(ask.to)) return TO_A_TOPIC
      if (rows.some(({ name }) => name === ask.to)) return 'a queue cannot be moved to itself'
      return confirm(node, ask, {
        title: `Move ${names} to ${ask.to}`,
        lines: [
          `${many(messages, 'message')} go there; those that consumers hold stay.`,
          ...unknownTarget(node, ask.to),
        ],
        word: null,
        calls: each('moveMatchingMessagesTo(java.lang.String,java.lang.String)', null, ask.to),
      })
    case 'retry':
      return confirm(node, ask, {
        title: `Retry ${names}`,
        lines: [`${many(messages, 'message')} go back to the queues they came from.`],
        word: null,
        calls: each('retryMessages'),
      })
    case 'delete':
    case 'drop':
    case 'promote':
      return 'this is not done to queues'
    default:
      return ask.verb satisfies never
  }
}

const TO_A_TOPIC = 'a topic keeps nothing for who is not there; name a queue'

const unknownTarget = (node: NodeModel, to: string): readonly string[] =>
  node.queues.rows.list.some(({ name }) => name === to) ? [] : [`There is no queue ${to} yet; it is made.`]

function onMessage(node: NodeModel, ask: Ask, { bean, name }: DestinationRow, id: string): Confirm | string {
  const draft = (title: string, consequence: string, call: Call): Confirm =>
    confirm(node, ask, { title, lines: [`message ${id} of ${name}`, consequence], word: null, calls: [call] })
  switch (ask.verb) {
    case 'retry':
      return draft('Retry one message', 'It goes back to the queue it came from.', exec(bean, 'retryMessage', id))
    case 'delete':
      return draft('Delete one message', 'It is removed for good.', exec(bean, 'removeMessage', id))
    case 'move':
      if (ask.to === null || ask.to === '') return 'say where the message shall go'
      if (namesTopic(ask.to)) return TO_A_TOPIC
      return draft(`Move one message to ${ask.to}`, 'It goes there.', exec(bean, 'moveMessageTo', id, ask.to))
    case 'pause':
    case 'purge':
    case 'drop':
    case 'promote':
      return 'this is not done to a single message'
    default:
      return ask.verb satisfies never
  }
}

function deleting(node: NodeModel, ask: Ask): Confirm | string {
  const broker = node.broker?.bean
  if (broker === undefined) return `${nameOf(node)} shows no broker to ask`
  const rows = ask.beans.flatMap(bean => destinationOf(node, bean) ?? [])
  const durables = node.subscriptions.filter(({ bean, name }) => ask.beans.includes(bean) && name !== null)
  const [row] = rows
  const [durable] = durables
  if (row !== undefined) {
    const messages = rows.reduce((sum, { size }) => sum + size, 0)
    const clients = rows.reduce((sum, { consumers }) => sum + consumers, 0)
    return confirm(node, ask, {
      title: rows.length === 1 ? `Delete ${row.kind} ${row.name}` : `Delete ${rows.length} ${row.kind}s`,
      lines: [
        `With it go ${many(messages, 'message')} for good; it has ${many(clients, 'consumer')} now.`,
        'A client that uses it again makes it anew.',
      ],
      word: messages > TYPED_FROM ? (rows.length === 1 ? row.name : String(rows.length)) : null,
      calls: rows.map(({ kind, name }) => exec(broker, kind === 'queue' ? 'removeQueue' : 'removeTopic', name)),
    })
  }
  if (durable === undefined) return 'only destinations and durable subscriptions can be deleted'
  return confirm(node, ask, {
    title:
      durables.length === 1 ? `Delete subscription ${durable.name ?? ''}` : `Delete ${durables.length} subscriptions`,
    lines: [
      `of client ${durable.clientId} to ${durable.destination}`,
      `${count(
        durables.reduce((sum, { pending }) => sum + pending, 0),
        'exact',
      )} messages wait for it, and are lost to it.`,
    ],
    word: null,
    calls: durables.map(({ clientId, name }) => exec(broker, 'destroyDurableSubscriber', clientId, name)),
  })
}

function dropping(node: NodeModel, ask: Ask): Confirm | string {
  const clients = node.connections.filter(({ bean }) => ask.beans.includes(bean))
  const [first] = clients
  if (first === undefined) return 'only connections can be dropped; go to one (tab 4)'
  return confirm(node, ask, {
    title: clients.length === 1 ? `Drop ${first.clientId}` : `Drop ${clients.length} connections`,
    lines: [`from ${first.remote}`, 'What it holds unacknowledged is delivered again. It may connect again.'],
    word: null,
    calls: clients.map(({ bean }) => exec(bean, 'stop')),
  })
}
