import { Findings, type Finding } from '../base/findings.ts'
import type { Reading } from '../config/config.ts'

/** What a start says nothing about, and whoever moves from ActiveMQ should know. */
export function advice({ broker, model }: Reading): readonly Finding[] {
  const findings = new Findings()
  if (broker === null || model?.useJmx === false) return []
  for (const item of broker.slots.get('managementContext') ?? []) {
    const connector = item.kind === 'object' ? item.object.values.get('createConnector') : undefined
    if (connector === undefined || !/^\s*(?:true|1)\s*$/i.test(connector.text)) continue
    // management T-09
    const message =
      'createConnector="true": JMX over RMI cannot be served by Node.js; monitoring tools cannot connect to it'
    const hint =
      'point them to the HTTP interface (-Dtandemmq.http=HOST:PORT): Jolokia and /metrics answer what JMX did, as far as this version serves them'
    findings.warn('CONFIG_NOT_SERVED', connector.at, message, hint)
  }
  return findings.list()
}
