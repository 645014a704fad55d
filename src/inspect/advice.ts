import { Findings, type Finding } from '../base/findings.ts'
import type { BrokerConfig, ObjectNode, Reading } from '../config/config.ts'

/** What a start says nothing about, and whoever moves from ActiveMQ should know. */
export function advice({ broker, model }: Reading): readonly Finding[] {
  const findings = new Findings()
  if (model !== null) openWire(model, findings)
  if (model !== null) stricter(model, findings)
  if (broker !== null && model?.useJmx !== false) jmx(broker, findings)
  return findings.list()
}

/** management T-13; once, since it is said about every client of that kind. */
function openWire({ connectors }: BrokerConfig, findings: Findings): void {
  const first = connectors.find(({ scheme }) => /^(?:tcp|nio|ssl|auto)/.test(scheme))
  if (first === undefined) return
  const message = `connector "${first.name}" (${first.scheme}) serves STOMP: JMS and other OpenWire clients cannot connect to this broker`
  findings.warn('CONFIG_SCHEME', first.at, message, 'nothing to do when every client speaks STOMP')
}

/** What a jolokia-access.xml refuses that monitors are known to send; their own error rarely says so (management C-10). */
function stricter({ http }: BrokerConfig, findings: Findings): void {
  const access = http?.jolokia.access ?? null
  if (access === null) return
  if (access.strictChecking) {
    const message = 'this access policy refuses who sends no Origin: KEDA, Telegraf and curl must be told to send one'
    findings.warn('CONFIG_PROTECTION', access.at, message, "curl -H 'Origin: http://localhost', corsHeader, origin")
  }
  if (access.methods !== null && !access.methods.includes('get')) {
    const message = 'this access policy refuses GET: KEDA, health checks and most scripts ask by GET'
    findings.warn('CONFIG_PROTECTION', access.at, message, 'add <method>get</method> to <http>, or let them POST')
  }
}

/** management T-09 */
function jmx(broker: ObjectNode, findings: Findings): void {
  for (const item of broker.slots.get('managementContext') ?? []) {
    const connector = item.kind === 'object' ? item.object.values.get('createConnector') : undefined
    if (connector === undefined || !/^\s*(?:true|1)\s*$/i.test(connector.text)) continue
    const message =
      'createConnector="true": JMX over RMI cannot be served by Node.js; monitoring tools cannot connect to it'
    const hint =
      'point them to the HTTP interface (-Dtandemmq.http=HOST:PORT): /api/jolokia and /metrics answer what JMX did'
    findings.warn('CONFIG_NOT_SERVED', connector.at, message, hint)
  }
}
