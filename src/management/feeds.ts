import type { BeanServer } from './bean.ts'
import { ACTIVEMQ, encodeValue } from './bean-names.ts'
import { objectName } from './object-name.ts'
import { Reading, atOnce, gathered, readDestinations, type Work } from './read-beans.ts'

/** The beans of one broker, as a feed is made of them. */
export interface FeedSource {
  readonly beans: BeanServer
  readonly brokerName: string
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#034;',
  "'": '&#039;',
}

/** As JSTL escapes text (management X-01). Characters that XML cannot hold are left out. */
export const escapeXml = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- the characters that XML 1.0 forbids
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').replace(/[&<>"']/g, char => ENTITIES[char]!)

/** `/admin/xml/queues.jsp`, line for line as ActiveMQ prints it: scripts search it with grep (management ). */
export const queuesXml = (source: FeedSource): string => atOnce(writeQueuesXml(source))

/** As `queuesXml`, with rests. */
export function* writeQueuesXml({ beans, brokerName }: FeedSource): Work<string> {
  const queues = yield* readDestinations(beans, brokerName, 'Queue')
  return yield* linesOf('queues', queues, queue => {
    const name = escapeXml(queue.text('Name'))
    const browse = `queueBrowse/${escapeXml(encodeURI(queue.text('Name')))}`
    return [
      `<queue name="${name}">`,
      ...stats(queue),
      '  <feed>',
      `    <atom>${browse}?view=rss&amp;feedType=atom_1.0</atom>`,
      `    <rss>${browse}?view=rss&amp;feedType=rss_2.0</rss>`,
      '  </feed>',
      '</queue>',
    ].join('\n')
  })
}

/** `/admin/xml/topics.jsp`. Names end with a blank in every release, and dashboards know them so (management X-03). */
export const topicsXml = (source: FeedSource, trimmed: boolean): string => atOnce(writeTopicsXml(source, trimmed))

/** As `topicsXml`, with rests. */
export function* writeTopicsXml({ beans, brokerName }: FeedSource, trimmed: boolean): Work<string> {
  const topics = yield* readDestinations(beans, brokerName, 'Topic')
  return yield* linesOf('topics', topics, topic =>
    [`<topic name="${escapeXml(topic.text('Name'))}${trimmed ? '' : ' '}">`, ...stats(topic), '</topic>'].join('\n'),
  )
}

function stats(of: Reading): string[] {
  return [
    `  <stats size="${of.number('QueueSize')}"`,
    `         consumerCount="${of.number('ConsumerCount')}"`,
    `         enqueueCount="${of.number('EnqueueCount')}"`,
    `         dequeueCount="${of.number('DequeueCount')}"/>`,
  ]
}

/** `/admin/xml/subscribers.jsp`: durable ones, those that somebody consumes first (management X-04). */
export const subscribersXml = (source: FeedSource): string => atOnce(writeSubscribersXml(source))

/** As `subscribersXml`, with rests. */
export function* writeSubscribersXml({ beans, brokerName }: FeedSource): Work<string> {
  const pattern = objectName(
    ACTIVEMQ,
    [
      ['type', 'Broker'],
      ['brokerName', encodeValue(brokerName)],
      ['endpoint', 'Consumer'],
      ['consumerId', 'Durable(*'],
    ],
    true,
  )
  const found = Array.from(yield* gathered(beans, pattern), bean => new Reading(bean))
  const sorted = [...found.filter(one => one.is('Active')), ...found.filter(one => !one.is('Active'))]
  return yield* linesOf('subscribers', sorted, subscriberXml)
}

function subscriberXml(of: Reading): string {
  const text = (attribute: string): string => escapeXml(of.text(attribute))
  return [
    `<subscriber clientId="${text('ClientId')}"`,
    `         subscriptionName="${text('SubscriptionName')}"`,
    `         connectionId="${text('ConnectionId')}"`,
    `         destinationName="${text('DestinationName')}"`,
    `         selector="${text('Selector')}"`,
    `         active="${of.is('Active') ? 'yes' : 'no'}" >`,
    `  <stats pendingQueueSize="${of.number('PendingQueueSize')}"`,
    `         dispatchedQueueSize="${of.number('DispatchedQueueSize')}"`,
    `         dispatchedCounter="${of.number('DispatchedCounter')}"`,
    `         enqueueCounter="${of.number('EnqueueCounter')}"`,
    `         dequeueCounter="${of.number('DequeueCounter')}" />`,
    '</subscriber>',
  ].join('\n')
}

/** Elements that are written between two rests. */
const writtenMax = 500

function* linesOf(root: string, all: readonly Reading[], textOf: (one: Reading) => string): Work<string> {
  const lines = [`<${root}>`]
  for (const one of all) if (lines.push(textOf(one)) % writtenMax === 0) yield
  lines.push(`</${root}>`, '')
  return lines.join('\n')
}
