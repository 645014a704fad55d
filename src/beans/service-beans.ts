import type { SlowConsumerConfig } from '../config/config.ts'
import { ACTIVEMQ, Type, beanClass, encodeValue, type AttributeRow, type Bean } from '../management/management.ts'
import type { Desk } from './desk.ts'
import { HEALTH } from './health.ts'
import { JOB_SCHEDULER } from './job-scheduler.ts'
import { singleBean } from './single-bean.ts'
import { listSource, type BeanSource } from './sources.ts'

const PERSISTENCE = beanClass<Desk>({
  className: 'org.apache.activemq.broker.jmx.PersistenceAdapterView',
  description: 'The store.',
  // Management AO-01.
  attributes: [
    ['Name', Type.string, 'Where it lies.', ({ host }) => host.config.store.directory],
    ['Size', Type.long, 'Bytes of its files.', ({ host }) => host.journal.totalBytes],
    [
      'Data',
      Type.string,
      'Its segments, by the position at which each begins.',
      ({ host }) => `[${host.journal.segments.map(({ base }) => base).join(', ')}]`,
    ],
    ['Transactions', Type.string, 'Open transactions: they are in memory until they commit.', () => '[]'],
    ['Statistics', Type.string, 'JSON text.', statistics],
  ] satisfies AttributeRow<Desk>[],
})

function statistics({ host }: Desk): string {
  const { liveness, applied, epoch } = host.state
  const { totalBytes, pendingBytes, segments } = host.journal
  const { live, bytes } = liveness
  return JSON.stringify({
    totalBytes,
    pendingBytes,
    segments: segments.length,
    liveMessages: live,
    liveBytes: bytes,
    applied,
    epoch,
  })
}

const LOG = beanClass<Desk>({
  className: 'org.apache.activemq.broker.jmx.Log4JConfigView',
  description: 'What is logged. There is no log4j here: the command line says what is logged.',
  attributes: [
    ['RootLogLevel', Type.string, 'What is logged.', () => 'INFO'],
    ['Loggers', Type.list, 'Loggers: there is one.', () => ['root']],
  ] satisfies AttributeRow<Desk>[],
  operations: [
    {
      name: 'getLogLevel',
      takes: 'loggerName',
      returns: Type.string,
      does: 'What is logged.',
      reads: true,
      call: () => 'INFO',
    },
  ],
})

interface Strategy {
  readonly name: string
  readonly config: SlowConsumerConfig
}

const STRATEGY = beanClass<Strategy>({
  className: 'org.apache.activemq.broker.jmx.AbortSlowConsumerStrategyView',
  description: 'What ends consumers that are too slow.',
  attributes: [
    ['Name', Type.string, 'Its name.', s => s.name],
    ['MaxSlowCount', Type.long, 'Times that a consumer may be slow; -1 any.', s => s.config.maxSlowCount],
    ['MaxSlowDuration', Type.long, 'ms that a consumer may be slow; -1 for ever.', s => s.config.maxSlowDuration],
    ['CheckPeriod', Type.long, 'ms between two looks.', s => s.config.checkPeriod],
    ['AbortConnection', Type.boolean, 'The whole connection ends.', s => s.config.abortConnection],
    [
      'MaxTimeSinceLastAck',
      Type.long,
      'ms that a consumer may acknowledge nothing; -1 for ever.',
      s => s.config.maxTimeSinceLastAck,
    ],
    [
      'IgnoreIdleConsumers',
      Type.boolean,
      'Who has nothing to acknowledge is not slow.',
      s => s.config.ignoreIdleConsumers,
    ],
  ] satisfies AttributeRow<Strategy>[],
})

/** What serves the broker (management ON-10). */
export function serviceBeans(desk: Desk): BeanSource[] {
  const { names, host } = desk
  const { store, scheduler, brokerName } = host.config
  const keys = new Map([
    ['type', 'Broker'],
    ['brokerName', encodeValue(brokerName)],
    ['service', 'SlowConsumerStrategy'],
    ['instanceName', null],
  ])
  return [
    singleBean(names.service('Health'), HEALTH, () => desk),
    singleBean(names.jobScheduler, JOB_SCHEDULER, () => (scheduler === null ? null : desk)),
    singleBean(names.persistence(store.directory), PERSISTENCE, () => (store.kind === 'memory' ? null : desk)),
    singleBean(names.service('Log4JConfiguration'), LOG, () => desk),
    listSource(ACTIVEMQ, keys, () => strategies(desk)),
  ]
}

/** Entries with the same settings have one bean. */
function strategies({ host, names }: Desk): Bean[] {
  const { policies, defaultPolicy } = host.config
  const found = new Map<string, Bean>()
  for (const policy of [...policies, defaultPolicy]) {
    if (policy?.slowConsumer === undefined) continue
    const name = names.slowConsumerStrategy(policy.slowConsumer)
    const target: Strategy = { name: name.keys.get('instanceName') ?? '', config: policy.slowConsumer }
    found.set(name.canonical, { name, kind: STRATEGY, target })
  }
  return [...found.values()]
}
