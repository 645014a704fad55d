import type { NodeClient } from '../admin/admin.ts'
import { messageOf } from '../base/errors.ts'
import type { Call, Job } from './confirm.ts'
import type { MessagePage } from './facts.ts'
import { readMessage, readMessagePage, readMessages } from './messages-answer.ts'
import type { Browsing, Message } from './model.ts'

/** Messages that are shown of a queue (management UK-04). */
const MESSAGES_MAX = 50

/** Makes the calls of a job, one after the other; one that fails does not keep the others from being tried. */
export async function runJob(client: NodeClient, job: Job): Promise<Extract<Message, { readonly type: 'ran' }>> {
  const started = performance.now()
  const problems: string[] = []
  const said: string[] = []
  for (const call of job.calls) {
    try {
      const value = await perform(client, call)
      if (typeof value === 'number' || typeof value === 'string') said.push(String(value))
      // `moveMessageTo` and `retryMessage` say so when there was nothing to do.
      if (value === false) problems.push('it is not there any more, or a consumer holds it')
    } catch (error) {
      problems.push(messageOf(error).replace(`${client.url}: `, ''))
    }
  }
  return { type: 'ran', job, tookMs: performance.now() - started, problems, said: said.slice(0, 3).join(', ') }
}

function perform(client: NodeClient, call: Call): Promise<unknown> {
  switch (call.kind) {
    case 'exec':
      return client.exec(call.bean, call.operation, ...call.args)
    case 'handover':
      return client.handover()
    case 'promote':
      return client.promote(call.force)
    default:
      return call satisfies never
  }
}

/** Messages of a queue; none is taken. Never rejects. */
export async function browseQueue(client: NodeClient, asked: Browsing): Promise<Message> {
  try {
    return { type: 'messages', asked, page: await pageOf(client, asked), problem: null }
  } catch (error) {
    return { type: 'messages', asked, page: { list: [], next: null }, problem: messageOf(error) }
  }
}

/** From the index where the broker can, however deep the queue is (management C-06); ActiveMQ loads what it browses. */
async function pageOf(client: NodeClient, { own, name, bean, after }: Browsing): Promise<MessagePage> {
  if (own === null) return readMessages(await client.exec(bean, 'browse()'), MESSAGES_MAX)
  return readMessagePage(await client.exec(own, 'page', `queue://${name}`, null, after ?? -1, MESSAGES_MAX))
}

/** One message with its body. Never rejects. */
export async function readWhole(
  client: NodeClient,
  { own, name, key }: { readonly own: string; readonly name: string; readonly key: number },
): Promise<Message> {
  try {
    return { type: 'message', key, message: readMessage(await client.exec(own, 'message', `queue://${name}`, key)) }
  } catch (error) {
    return { type: 'notice', level: 'warn', text: `the message cannot be read: ${messageOf(error)}` }
  }
}
