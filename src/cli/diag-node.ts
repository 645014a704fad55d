import { isObject, type NodeClient } from '../admin/admin.ts'
import { messageOf } from '../base/errors.ts'
import { visible, visibleLines } from './visible.ts'

/** A part of the report. */
export interface Section {
  readonly title: string
  readonly text: string
}

/** Paths of a node, in the order of the report; each is one request. */
const PATHS = ['/api/pair', '/health/live', '/health/ready', '/api/state', '/metrics'] as const

/** What a running node says of itself, made harmless by `mask`. One that does not answer has one section that says so. */
export async function nodeSections(client: NodeClient, mask: (text: string) => string): Promise<readonly Section[]> {
  const sections: Section[] = []
  for (const path of PATHS) {
    const title = `${client.url}${path}`
    try {
      const { status, body } = await client.answer(path)
      const text = mask(bodyText(body.toString('utf8')))
      sections.push({ title, text: status === 200 ? text : `HTTP status ${status}\n${text}` })
    } catch (error) {
      sections.push({ title, text: visible(messageOf(error)) })
      return sections
    }
  }
  sections.push({ title: `${client.url}, the store`, text: await storeText(client).catch(messageOf) })
  return sections
}

function bodyText(body: string): string {
  try {
    const value: unknown = JSON.parse(body)
    if (isObject(value) && Array.isArray(value['lines']))
      return value['lines'].map(line => visible(String(line))).join('\n')
    return visibleLines(JSON.stringify(value, null, 2))
  } catch {
    return visibleLines(body)
  }
}

/** The journal and its files. The id of the message that keeps a file is that message's business. */
async function storeText(client: NodeClient): Promise<string> {
  const lines: string[] = []
  for (const [bean, attributes] of await client.readAll('io.tandemmq:type=Store,brokerName=*')) {
    for (const [name, value] of Object.entries(attributes)) lines.push(`${name} = ${JSON.stringify(value)}`)
    const rows = await client.exec(bean, 'segments')
    for (const row of Array.isArray(rows) ? rows.filter(isObject) : []) {
      const { oldestPin: pin, ...rest } = row
      const keeper = isObject(pin) ? { destination: pin['destination'], ageMs: pin['ageMs'] } : null
      lines.push(JSON.stringify({ ...rest, keptBy: keeper }))
    }
  }
  return lines.length === 0 ? 'it shows no store' : visibleLines(lines.join('\n'))
}
