import { duration, size, type RunningBroker } from '../server/server.ts'

/** The one line that says what now runs: role, ports, what was recovered, in how long (management D-04). */
export function readyLine(
  { addresses, serving, pair, http, recovered }: RunningBroker,
  { ms, warnings }: { readonly ms: number; readonly warnings: number },
): string {
  const held = serving ? 'ready' : 'started, no client is let in yet,'
  const closed = pair.role === 'passive' ? 'ready as a passive' : 'ready'
  const role = addresses.length === 0 ? `${closed}, no connector is open,` : held
  const ports = addresses.map(
    ({ scheme, host, port }) => `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`,
  )
  const parts = [
    `${role} after ${Math.round(ms)} ms`,
    `${pair.role} (${pair.state}), epoch ${pair.epoch}`,
    [...ports, ...(http === null ? [] : [`http://${http}`])].join(' '),
  ]
  if (recovered !== null) {
    const { messages, destinations, bytes, ms: took } = recovered
    parts.push(
      `${messages} messages in ${destinations} queues (${size(bytes)} of journal) recovered in ${duration(took)}`,
    )
  }
  if (warnings > 0) parts.push(`${warnings} ${warnings === 1 ? 'warning' : 'warnings'} about the configuration`)
  return `${parts.filter(part => part !== '').join('; ')}; stop with Ctrl-C`
}
