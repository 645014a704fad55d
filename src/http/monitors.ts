import type { IncomingMessage } from 'node:http'
import {
  BeanError,
  CONTENT_TYPES,
  queueFeed,
  writeQueuesXml,
  writeSubscribersXml,
  writeTopicsXml,
  writeMetrics,
  type FeedSource,
  type MetricsFormat,
} from '../management/management.ts'
import type { Answer } from './answer.ts'
import type { Management } from './management.ts'
import { Pace, doPaced } from './pace.ts'
import { Refusal } from './refusal.ts'

interface Asked {
  readonly request: IncomingMessage
  readonly path: string
  readonly query: URLSearchParams
  /** What the path's last, variable part says. */
  readonly part: string
}

interface MonitorRoute {
  readonly method: 'GET'
  readonly path: RegExp
  readonly guard: 'open' | 'login'
  answer(asked: Asked): Answer | Promise<Answer>
}

const XML = 'text/xml;charset=UTF-8'
/** What XML feeds and scrapes may ask of one text. */
const messagesMax = 10_000

/** What monitors read: Prometheus text, and the XML feeds of ActiveMQ's console (management sections 3 and 4). */
export function monitorRoutes(management: Management, lagMs: () => number): MonitorRoute[] {
  const { shown } = management
  const source: FeedSource = management
  const pace = new Pace()
  const xml = async (text: Generator<undefined, string, undefined>): Promise<Answer> => {
    const body = await doPaced(text, pace)
    return { status: 200, body, type: XML, headers: roleOf(management) }
  }
  return [
    {
      method: 'GET',
      path: /^\/metrics$/,
      guard: shown.metricsAuth === 'none' ? 'open' : 'login',
      answer: asked => metrics(management, lagMs(), asked, pace),
    },
    { method: 'GET', path: /^\/admin\/xml\/queues\.jsp$/, guard: 'login', answer: () => xml(writeQueuesXml(source)) },
    {
      method: 'GET',
      path: /^\/admin\/xml\/topics\.jsp$/,
      guard: 'login',
      answer: () => xml(writeTopicsXml(source, shown.trimTopicNames)),
    },
    {
      method: 'GET',
      path: /^\/admin\/xml\/subscribers\.jsp$/,
      guard: 'login',
      answer: () => xml(writeSubscribersXml(source)),
    },
    { method: 'GET', path: /^\/admin\/queueBrowse\/(.+)$/, guard: 'login', answer: asked => browse(source, asked) },
  ]
}

/** A passive answers with its replica, and says that it is one (management X-07). */
const roleOf = (management: Management): Record<string, string> => ({ 'x-tandemmq-role': management.pair().role })

/** Also what the listener of metrics alone answers. */
export async function metrics(
  management: Management,
  loopLagMs: number,
  { request, query }: Pick<Asked, 'request' | 'query'>,
  pace: Pace,
): Promise<Answer> {
  const { beans, brokerName, version, shown } = management
  const wanted = request.headers.accept?.includes('application/openmetrics-text') === true
  const format: MetricsFormat = wanted ? 'openmetrics' : 'prometheus'
  const text = writeMetrics(
    { beans, brokerName, version, loopLagMs, serving: management.health().serving },
    {
      format,
      names: shown.metricsNames,
      destinationsMax: shown.metricsDestinationsMax,
      destination: query.get('destination'),
      withAdvisories: query.get('advisories') === 'true',
      families: new Set(query.getAll('name[]')),
    },
  )
  return { status: 200, body: await doPaced(text, pace), type: CONTENT_TYPES[format] }
}

async function browse(source: FeedSource, { query, path, part }: Asked): Promise<Answer> {
  const queue = nameIn(part)
  const view = oneOf(query, 'view', ['simple', 'rss'])
  const feedType = oneOf(query, 'feedType', ['rss_2.0', 'atom_1.0'])
  const most = Number(query.get('maxMessages') ?? messagesMax)
  if (!Number.isInteger(most) || most < 0) throw new Refusal(400, 'bad-request', 'maxMessages is a whole number')
  const selector = query.get('selector') ?? ''
  const messageId = query.get('msgId')
  try {
    const options = { view, feedType, selector, maxMessages: Math.min(most, messagesMax), messageId, path }
    // A slash in the path is a dot, as in ActiveMQ; a queue whose name has slashes is found all the same.
    const text =
      (await queueFeed(source, queue, options)) ?? (await queueFeed(source, queue.replaceAll('/', '.'), options))
    if (text === null) throw new Refusal(404, 'not-found', 'there is no such queue, or no such message in it')
    const type =
      view === 'simple'
        ? XML
        : feedType === 'rss_2.0'
          ? 'application/rss+xml;charset=UTF-8'
          : 'application/atom+xml;charset=UTF-8'
    return { status: 200, body: text, type }
  } catch (error) {
    if (error instanceof BeanError)
      throw new Refusal(400, 'bad-request', `the selector cannot be read: ${error.message}`)
    throw error
  }
}

function nameIn(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new Refusal(400, 'bad-request', 'the path cannot be read')
  }
}

/** The first of the values is the default. */
function oneOf<T extends string>(query: URLSearchParams, name: string, values: readonly [T, ...T[]]): T {
  const text = query.get(name) ?? values[0]
  const found = values.find(value => value === text)
  if (found === undefined) throw new Refusal(400, 'bad-request', `${name} is one of ${values.join(', ')}`)
  return found
}
