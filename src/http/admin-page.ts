import { brokerBean } from '../management/management.ts'
import type { Answer } from './answer.ts'
import type { Management } from './management.ts'

const HTML = 'text/html;charset=utf-8'

/** The one page under /admin/: what this is, how it is, and what to use instead of a console (management X-06). */
export function adminPage(management: Management): Answer {
  const { brokerName, version } = management
  const { role, state } = management.pair()
  const rows = [
    ['Broker', brokerName],
    ['Version', `TandemMQ ${version}`],
    ['Role', `${role}, ${state}`],
    ...['Uptime', 'MemoryPercentUsage', 'StorePercentUsage', 'TempPercentUsage'].map(name => [
      name.replace('PercentUsage', ' in use'),
      shown(management, name),
    ]),
  ]
  const table = rows.map(
    ([name = '', value = '']) => `<tr><th align="left">${escape(name)}</th><td>${escape(value)}</td></tr>`,
  )
  const body = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>${escape(brokerName)}: TandemMQ</title></head>
<body>
<h1>${escape(brokerName)}</h1>
<table>
${table.join('\n')}
</table>
<p>There is no web console. Watch the broker with <code>tandemmq monitor http://HOST:PORT</code>, or ask
<a href="/api/jolokia/version">/api/jolokia</a>, <a href="/api/pair">/api/pair</a> and <a href="/health/ready">/health/ready</a>.</p>
</body>
</html>
`
  return { status: 200, body, type: HTML }
}

function shown({ beans, brokerName }: Management, name: string): string {
  const bean = beans.find(brokerBean(brokerName))
  const attribute = bean?.kind.attributes.get(name)
  if (bean === null || attribute === undefined) return 'not known'
  try {
    const value: unknown = attribute.read(bean.target)
    return name.endsWith('PercentUsage') ? `${String(value)} %` : String(value)
  } catch {
    return 'not known'
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escape = (text: string): string => text.replace(/[&<>"']/g, char => ESCAPES[char] ?? char)

/** What the forms of ActiveMQ's console did, as the call that does it here. */
const ACTIONS: Readonly<Record<string, string>> = {
  createDestination: 'exec/{broker}/addQueue(java.lang.String)/NAME',
  deleteDestination: 'exec/{broker}/removeQueue(java.lang.String)/NAME',
  purgeDestination: 'exec/{queue}/purge()',
  sendMessage: 'exec/{queue}/sendTextMessage(java.lang.String)/TEXT',
  deleteMessage: 'exec/{queue}/removeMessage(java.lang.String)/ID',
  moveMessage: 'exec/{queue}/moveMessageTo(java.lang.String,java.lang.String)/ID/NAME',
  copyMessage: 'exec/{queue}/copyMessageTo(java.lang.String,java.lang.String)/ID/NAME',
  retryMessage: 'exec/{queue}/retryMessage(java.lang.String)/ID',
  pauseQueue: 'exec/{queue}/pause()',
  resumeQueue: 'exec/{queue}/resume()',
  createSubscriber: 'exec/{broker}/createDurableSubscriber/CLIENT/NAME/TOPIC/SELECTOR',
  deleteSubscriber: 'exec/{broker}/destroyDurableSubscriber/CLIENT/NAME',
}

/** A form of the console that a script still posts to: 404, with the call that does the same. */
export function actionAnswer(path: string): Answer {
  const name = /([^/]*)\.action$/.exec(path)?.[1] ?? ''
  const broker = 'org.apache.activemq:type=Broker,brokerName=BROKER'
  const call = (Object.hasOwn(ACTIONS, name) ? (ACTIONS[name] ?? '') : 'exec/{broker}/OPERATION')
    .replace('{broker}', broker)
    .replace('{queue}', `${broker},destinationType=Queue,destinationName=QUEUE`)
  const body = `The web console is not served, so ${name}.action does nothing. The same by Jolokia:\n\n  GET /api/jolokia/${call}\n`
  return { status: 404, body, type: 'text/plain;charset=utf-8' }
}
