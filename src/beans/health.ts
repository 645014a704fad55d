import { endNotice } from '../base/certificate-end.ts'
import {
  Table,
  Type,
  beanClass,
  type AttributeRow,
  type BeanClass,
  type OperationRow,
} from '../management/management.ts'
import type { Desk } from './desk.ts'
import { percent } from './destination-attributes.ts'

/** One thing that is not well. */
export interface HealthStatus {
  readonly healthId: string
  readonly level: 'WARNING' | 'ERROR'
  readonly message: string
  readonly resource: string
}

/** Per cent of a limit above which ActiveMQ begins to worry. */
const worrying = 90

const mb = (bytes: number): number => Math.floor(bytes / (1024 * 1024))

/** What is not well now; nothing: all is (management AH-01). Computed whenever somebody looks. */
export function healthOf(desk: Desk): HealthStatus[] {
  return [...limitsOf(desk), ...diskOf(desk), ...damageOf(desk), ...pairOf(desk), ...certificatesOf(desk)]
}

function* limitsOf({ used, limits, host, names }: Desk): Generator<HealthStatus> {
  const of = [
    ['StoreLimit', 'Message Store', used.store, limits.storeLimit],
    ['TempStoreLimit', 'TempMessage Store', used.temp, limits.tempLimit],
    ['JobSchedulerLimit', 'JobMessage Store', used.jobs, host.config.scheduler?.limit ?? 0],
  ] as const
  const resource = names.persistence(host.config.store.directory).text
  for (const [id, what, bytes, limit] of of) {
    const full = percent(bytes, limit)
    if (full <= worrying) continue
    const message = `${what} size is within ${full}% of its limit`
    yield { healthId: `org.apache.activemq.${id}`, level: 'WARNING', message, resource }
  }
}

function* diskOf({ used, limits, host, names }: Desk): Generator<HealthStatus> {
  const { store } = host.config
  const free = store.kind === 'memory' ? null : host.freeBytes()
  // A limit is fitted to the disk, and what others write there is no reason to worry until it is much.
  if (free === null || limits.storeLimit - used.store - free <= limits.storeLimit / 10) return
  const message =
    `Store limit is ${mb(limits.storeLimit)} mb, whilst the data directory: ${store.directory} ` +
    `only has ${mb(free)} mb of usable space`
  const resource = names.persistence(store.directory).text
  yield { healthId: 'org.apache.activemq.FreeDiskSpaceLeft', level: 'WARNING', message, resource }
}

function* damageOf({ host, names }: Desk): Generator<HealthStatus> {
  for (const message of host.scrub.damaged)
    yield { healthId: 'io.tandemmq.damage', level: 'ERROR', message, resource: names.own('Store').text }
}

/** States in which a pair is none. */
const TROUBLE = new Set(['SOLO', 'DISCONNECTED', 'HALTED'])

function* pairOf({ host, names }: Desk): Generator<HealthStatus> {
  const { state, detail } = host.pair
  if (!TROUBLE.has(state)) return
  yield {
    healthId: 'io.tandemmq.pair',
    level: 'WARNING',
    message: `${state}: ${detail}`,
    resource: names.own('Pair').text,
  }
}

function* certificatesOf({ host, names }: Desk): Generator<HealthStatus> {
  for (const end of host.certificates) {
    const notice = endNotice(end, host.now())
    if (notice === null) continue
    yield {
      healthId: `io.tandemmq.certificate.${end.label.replace(/\W+/g, '_')}`,
      level: notice.expired ? 'ERROR' : 'WARNING',
      // Blank, comma, blank stands between two entries of the status.
      message: notice.text.replaceAll(' , ', ', '),
      resource: names.own('Traffic').text,
    }
  }
}

/** `Good`, which scripts look for, or what is wrong. */
export function currentStatus(desk: Desk): string {
  const all = healthOf(desk)
  if (all.length === 0) return 'Good'
  const each = all.map(({ healthId, level, message, resource }) => `${healthId}: ${level} ${message} from ${resource}`)
  return `Getting Worried { ${each.join(' , ')} }`
}

export const HEALTH: BeanClass<Desk> = beanClass<Desk>({
  className: 'org.apache.activemq.broker.jmx.HealthView',
  description: 'Whether all is well.',
  attributes: [
    ['CurrentStatus', Type.string, 'Good, or what is not well.', currentStatus],
  ] satisfies AttributeRow<Desk>[],
  operations: [
    {
      name: 'health',
      returns: Type.table,
      does: 'Shows what is not well.',
      reads: true,
      call: desk =>
        new Table(
          ['healthId', 'level', 'message', 'resource'],
          healthOf(desk).map(one => ({ ...one })),
        ),
    },
    { name: 'healthList', returns: Type.list, does: 'Shows what is not well.', reads: true, call: healthOf },
    {
      name: 'healthStatus',
      returns: Type.string,
      does: 'Good, or what is not well.',
      reads: true,
      call: currentStatus,
    },
  ] satisfies OperationRow<Desk>[],
})
