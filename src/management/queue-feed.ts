import { destinationKeys, brokerBean } from './bean-names.ts'
import { escapeXml, type FeedSource } from './feeds.ts'
import { readingOf } from './read-beans.ts'

/** What `queueBrowse` was asked for (management X-05). */
export interface QueueFeedOptions {
  readonly view: 'simple' | 'rss'
  readonly feedType: 'rss_2.0' | 'atom_1.0'
  readonly selector: string
  /** Infinity: as many as a browser is shown. */
  readonly maxMessages: number
  /** Of one message alone; null: of all. */
  readonly messageId: string | null
  /** The path that was asked for: links lead to it. */
  readonly path: string
}

type Row = Readonly<Record<string, unknown>>

/** A queue's messages as a feed; null: there is no such queue, or no such message. Rejects what the selector's BeanError says. */
export async function queueFeed(
  { beans, brokerName }: FeedSource,
  queue: string,
  options: QueueFeedOptions,
): Promise<string | null> {
  const found = readingOf(beans, brokerBean(brokerName, destinationKeys(0, queue)))
  if (found === null) return null
  const { messageId, maxMessages, view } = options
  const rows =
    messageId !== null
      ? [(await found.call('getMessage', messageId)) as Row | null]
      : ((await found.call('browse', options.selector)) as Row[]).slice(0, maxMessages)
  if (rows.includes(null)) return null
  return view === 'simple' ? simple(queue, rows as Row[]) : feed(queue, rows as Row[], options)
}

function simple(queue: string, rows: readonly Row[]): string {
  const each = rows.map(row => `<message id='${escapeXml(textOf(row['JMSMessageID']))}'/>`)
  return [`<messages queue='${escapeXml(`queue://${queue}`)}'>`, ...each, '</messages>', ''].join('\n')
}

function feed(queue: string, rows: readonly Row[], options: QueueFeedOptions): string {
  const title = escapeXml(`Queue: queue://${queue}`)
  return options.feedType === 'atom_1.0' ? atom(title, rows, options) : rss(title, rows, options)
}

function rss(title: string, rows: readonly Row[], { path }: QueueFeedOptions): string {
  const items = rows.map(row =>
    [
      '    <item>',
      `      <title>${idOf(row)}</title>`,
      `      <link>${linkOf(path, row)}</link>`,
      `      <description>${escapeXml(textOf(row['Text']))}</description>`,
      `      <pubDate>${timeOf(row)?.toUTCString() ?? ''}</pubDate>`,
      `      <guid isPermaLink="false">${idOf(row)}</guid>`,
      '    </item>',
    ].join('\n'),
  )
  const head = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<rss version="2.0">',
    '  <channel>',
    `    <title>${title}</title>`,
  ]
  const about = [`    <link>${escapeXml(path)}</link>`, '    <description>Messages of a queue.</description>']
  return [...head, ...about, ...items, '  </channel>', '</rss>', ''].join('\n')
}

function atom(title: string, rows: readonly Row[], { path }: QueueFeedOptions): string {
  const entries = rows.map(row =>
    [
      '  <entry>',
      `    <title>${idOf(row)}</title>`,
      `    <link rel="alternate" href="${linkOf(path, row)}"/>`,
      `    <id>${idOf(row)}</id>`,
      `    <updated>${timeOf(row)?.toISOString() ?? ''}</updated>`,
      `    <summary>${escapeXml(textOf(row['Text']))}</summary>`,
      '  </entry>',
    ].join('\n'),
  )
  const head = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `  <title>${title}</title>`,
  ]
  return [...head, `  <id>${escapeXml(path)}</id>`, ...entries, '</feed>', ''].join('\n')
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const idOf = (row: Row): string => escapeXml(textOf(row['JMSMessageID']))
const linkOf = (path: string, row: Row): string =>
  escapeXml(`${path}?msgId=${encodeURIComponent(textOf(row['JMSMessageID']))}`)

function timeOf(row: Row): Date | null {
  const at = row['JMSTimestamp']
  return at instanceof Date ? at : null
}
