import type { NodeClient } from '../admin/admin.ts'
import { messageOf } from '../base/errors.ts'
import type { Call, Job } from './confirm.ts'
import type { MessageFacts } from './facts.ts'
import { readMessages } from './messages-answer.ts'
import type { Message } from './model.ts'

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
      problems.push(messageOf(error))
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

/** The first messages of a queue; none is taken. Never rejects. */
export async function browseQueue(client: NodeClient, bean: string): Promise<Message> {
  try {
    const list: readonly MessageFacts[] = readMessages(await client.exec(bean, 'browse()')).slice(0, MESSAGES_MAX)
    return { type: 'messages', bean, list, problem: null }
  } catch (error) {
    return { type: 'messages', bean, list: [], problem: messageOf(error) }
  }
}
