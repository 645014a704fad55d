import { TandemError } from '../base/errors.ts'
import type { DestinationName } from '../base/destination.ts'
import { Selection, selectionOf, type Condition, type DestinationPolicy } from '../destination/destination.ts'
import { BeanError, Table } from '../management/management.ts'
import { headersIn, messageRow, type MessageRow } from './message-row.ts'
import { walk, type Holder } from './message-walk.ts'

/** What holds messages under a name. */
export interface MessageHolder extends Holder {
  readonly at: DestinationName
  readonly policy: DestinationPolicy
}

/** Bytes of bodies in one answer, at most; one message is always shown. */
const answerBytesMax = 16 * 1024 * 1024
/** Messages in one answer where no policy entry says how many (semantics B-05). */
const browsedMax = 400

/** A selector that is none fails as it does in ActiveMQ (management JE-12). */
export async function selecting<T>(selector: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof TandemError && error.code === 'SELECTOR_INVALID') throw invalidSelector(selector)
    throw error
  }
}

const invalidSelector = (selector: string): BeanError => new BeanError('javax.jms.InvalidSelectorException', selector)

/** Null: every message. */
export function conditionOf(selector: string | null): Condition | null {
  if (selector === null || selector.trim() === '') return null
  const selection = selectionOf(selector, false)
  if (selection instanceof Selection) return selection
  throw invalidSelector(selector)
}

/** The first messages, as many as the policy shows a browser and as one answer can hold (management C-06). */
export async function browse(view: MessageHolder, selector: string | null): Promise<MessageRow[]> {
  const condition = conditionOf(selector)
  return view.desk.browses.take(() => gather(view, condition))
}

async function gather(view: MessageHolder, condition: Condition | null): Promise<MessageRow[]> {
  const most = Math.min(
    view.policy.maxBrowsePageSize,
    Number.isFinite(view.policy.maxBrowsePageSize) ? Infinity : browsedMax,
  )
  const rows: MessageRow[] = []
  let bytes = 0
  for await (const { delivery, bytes: size } of walk(view)) {
    if (condition !== null && !condition.accepts(delivery)) continue
    bytes += size
    if (rows.length > 0 && bytes > answerBytesMax) break
    rows.push(messageRow(delivery, view.at))
    if (rows.length >= most) break
  }
  return rows
}

export async function messageById(view: MessageHolder, id: string): Promise<MessageRow | null> {
  for await (const { delivery } of walk(view))
    if (headersIn(delivery).get('message-id') === id) return messageRow(delivery, view.at)
  return null
}

export async function browseAsTable(view: MessageHolder, selector: string | null): Promise<Table> {
  return new Table(['JMSMessageID'], await browse(view, selector))
}
