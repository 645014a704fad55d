import type { Behaviour } from './honour-fields.ts'
import type { Frame, Row, Trial } from './honour-words.ts'
import { STOMP } from './loading.ts'

const SCHEDULES = 'schedulerSupport="true"'
const inPlugins = (content: string, attributes = ''): Trial => ({
  attributes,
  content: `<plugins>${content}</plugins>${STOMP}`,
})
const plugin =
  (name: string): Frame =>
  (attributes, content) =>
    inPlugins(`<${name} ${attributes}>${content}</${name}>`)
/** `<redeliveryPlugin>` needs the scheduler. */
const redelivery = (attributes: string, content: string): Trial =>
  inPlugins(`<redeliveryPlugin ${attributes}>${content}</redeliveryPlugin>`, SCHEDULES)
const policyMap = (attributes: string, content: string): Trial =>
  redelivery(
    '',
    `<redeliveryPolicyMap><redeliveryPolicyMap ${attributes}>${content}</redeliveryPolicyMap></redeliveryPolicyMap>`,
  )

/** Where the elements of the scheduler and of plugins stand so that their words count. */
export const PLUGIN_FRAMES: Readonly<Record<string, Frame>> = {
  timeStampingBrokerPlugin: plugin('timeStampingBrokerPlugin'),
  forcePersistencyModeBrokerPlugin: plugin('forcePersistencyModeBrokerPlugin'),
  discardingDLQBrokerPlugin: plugin('discardingDLQBrokerPlugin'),
  loggingBrokerPlugin: plugin('loggingBrokerPlugin'),
  traceBrokerPathPlugin: plugin('traceBrokerPathPlugin'),
  connectionDotFilePlugin: plugin('connectionDotFilePlugin'),
  destinationDotFilePlugin: plugin('destinationDotFilePlugin'),
  destinationsPlugin: plugin('destinationsPlugin'),
  runtimeConfigurationPlugin: plugin('runtimeConfigurationPlugin'),
  redeliveryPlugin: redelivery,
  redeliveryPolicyMap: policyMap,
  redeliveryPolicy: (attributes, content) =>
    policyMap(
      '',
      `<redeliveryPolicyEntries><redeliveryPolicy ${attributes}>${content}</redeliveryPolicy></redeliveryPolicyEntries>`,
    ),
  jobSchedulerUsage: (attributes, content) => ({
    attributes: SCHEDULES,
    content: `<systemUsage><systemUsage><jobSchedulerUsage><jobSchedulerUsage ${attributes}>${content}</jobSchedulerUsage></jobSchedulerUsage></systemUsage></systemUsage>${STOMP}`,
  }),
}

const row = (id: string, field: string, on: string, off: string | null = null, beside = ''): Row => {
  const [element = '', word = ''] = id.split('@')
  return { element, word, at: field.startsWith('/') ? field : `/plugins/0/${field}`, on, off, beside }
}
const policy = (word: string, field: string, on: string, off: string | null = null, beside = ''): Row =>
  row(`redeliveryPolicy@${word}`, `policies/0/${field}`, on, off, beside)
const logs = (word: string, field: string, on = 'true', off: string | null = null): Row =>
  row(`loggingBrokerPlugin@${word}`, field, on, off)

export const PLUGIN_ROWS: readonly Row[] = [
  row('broker@schedulerSupport', '/scheduler/maxRepeat', 'true'),
  row('broker@maxSchedulerRepeatAllowed', '/scheduler/maxRepeat', '7', null, SCHEDULES),
  row('jobSchedulerUsage@limit', '/scheduler/limit', '1 mb'),
  row('systemUsage@jobSchedulerUsage', '/scheduler/limit', '<jobSchedulerUsage limit="1 mb"/>', null),
  row('timeStampingBrokerPlugin@futureOnly', 'futureOnly', 'true'),
  row('timeStampingBrokerPlugin@ttlCeiling', 'ttlCeiling', '7'),
  row('timeStampingBrokerPlugin@zeroExpirationOverride', 'zeroExpirationOverride', '7'),
  row('forcePersistencyModeBrokerPlugin@persistenceFlag', 'persistent', 'true'),
  row('discardingDLQBrokerPlugin@dropAll', 'dropAll', 'false'),
  row('discardingDLQBrokerPlugin@dropOnly', 'dropOnly/0', 'a b', 'c'),
  row('discardingDLQBrokerPlugin@dropTemporaryQueues', 'dropTemporaryQueues', 'false'),
  row('discardingDLQBrokerPlugin@dropTemporaryTopics', 'dropTemporaryTopics', 'false'),
  logs('logAll', 'internal'),
  logs('logConnectionEvents', 'connections', 'false'),
  logs('logSessionEvents', 'sessions', 'false'),
  logs('logTransactionEvents', 'transactions'),
  logs('logConsumerEvents', 'consumers'),
  logs('logProducerEvents', 'producers'),
  logs('logMessageEvents', 'producers'),
  logs('logInternalEvents', 'internal'),
  logs('perDestinationLogger', 'perDestination'),
  row('traceBrokerPathPlugin@stampProperty', 'header', 'via'),
  row('connectionDotFilePlugin@file', 'file', '/a'),
  row('destinationDotFilePlugin@file', 'file', '/a'),
  row('destinationsPlugin@location', 'file', '/a'),
  row('runtimeConfigurationPlugin@checkPeriod', '/reloadCheckPeriod', '7'),
  row('redeliveryPlugin@fallbackToDeadLetter', 'fallbackToDeadLetter', 'false'),
  row('redeliveryPlugin@sendToDlqIfMaxRetriesExceeded', 'sendToDlqIfMaxRetriesExceeded', 'false'),
  row(
    'redeliveryPlugin@redeliveryPolicyMap',
    'defaultPolicy/maximumRedeliveries',
    '<redeliveryPolicyMap><defaultEntry><redeliveryPolicy/></defaultEntry></redeliveryPolicyMap>',
  ),
  row('redeliveryPolicyMap@defaultEntry', 'defaultPolicy/maximumRedeliveries', '<redeliveryPolicy/>'),
  row('redeliveryPolicyMap@redeliveryPolicyEntries', 'policies/0/maximumRedeliveries', '<redeliveryPolicy queue="q"/>'),
  policy('maximumRedeliveries', 'maximumRedeliveries', '7'),
  policy('initialRedeliveryDelay', 'initialRedeliveryDelay', '7000'),
  policy('redeliveryDelay', 'redeliveryDelay', '7000'),
  policy('maximumRedeliveryDelay', 'maximumRedeliveryDelay', '7000'),
  policy('useExponentialBackOff', 'backOffMultiplier', 'true'),
  policy('backOffMultiplier', 'backOffMultiplier', '7', null, 'useExponentialBackOff="true"'),
  policy('useCollisionAvoidance', 'collisionAvoidance', 'true'),
  policy('collisionAvoidancePercent', 'collisionAvoidance', '7', null, 'useCollisionAvoidance="true"'),
  policy('queue', 'destination/name', 'a'),
  policy('topic', 'destination/kind', 'a'),
  policy('destination', 'destination/name', '<queue physicalName="q"/>'),
  policy('tempQueue', 'tempQueue', 'true'),
  policy('tempTopic', 'tempTopic', 'true'),
]

const SCHEDULER = 'contract/scheduler.test.ts'
const PLUGINS = 'contract/plugins.test.ts'
const RETRIES = 'contract/redelivery-plugin.test.ts'
const JUDGES = 'broker/death-judges.test.ts'
const DROPPED: Behaviour = [
  PLUGINS,
  'PL-12: dropOnly names whole sources by regular expressions; dropTemporaryQueues and -Topics are told apart',
]
const TEMPORARY: Behaviour = [
  JUDGES,
  'PL-12: dropTemporaryTopics and dropTemporaryQueues are for temporary sources alone',
]
const KINDS: Behaviour = [PLUGINS, 'PL-07: each kind of event is told of when it is asked for, and logAll asks for all']
const UNASKED: Behaviour = [
  PLUGINS,
  'PL-07: loggingBrokerPlugin tells of connections and sessions, and of nothing else unless asked',
]
const EXHAUSTED: Behaviour = [
  RETRIES,
  'PL-11: without sendToDlqIfMaxRetriesExceeded the exhausted are dropped, without fallbackToDeadLetter the others',
]
const RETRIED: Behaviour = [
  RETRIES,
  'PL-10, R-07: a rejected message comes again after the delay, flagged, with its id; then it becomes a dead letter',
]
const BACK_OFF: Behaviour = [
  JUDGES,
  'PL-10: with useExponentialBackOff each delay is the one before times the multiplier, up to the greatest',
]
const MATCHED: Behaviour = [
  JUDGES,
  'PL-10, PM-01: the policy is that of the destination: exact names, patterns, temporary ones, queues apart from topics',
]

/** The tests that see the scheduler and the plugins do what their words say. */
export const PLUGIN_BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  '/scheduler/maxRepeat': [
    SCHEDULER,
    'SC-07: a repeat beyond maxSchedulerRepeatAllowed is an ERROR, the connection goes on, and nothing is stored',
  ],
  '/scheduler/limit': [
    SCHEDULER,
    'L-04: at the limit of jobSchedulerUsage whoever schedules waits, and goes on when a job is gone',
  ],
  '/plugins/*/futureOnly': [PLUGINS, 'PL-06: futureOnly changes nothing when that would end a message earlier'],
  '/plugins/*/ttlCeiling': [PLUGINS, 'PL-06: ttlCeiling is the longest lifetime, whoever asked for more'],
  '/plugins/*/zeroExpirationOverride': [PLUGINS, 'PL-06: zeroExpirationOverride gives a lifetime to what has none'],
  '/plugins/*/persistent': [
    PLUGINS,
    "PL-08: with persistenceFlag=\"${flag}\" every message is ${flag ? '' : 'not '}persistent, dead letters too",
  ],
  '/plugins/*/dropAll': DROPPED,
  '/plugins/*/dropOnly/*': DROPPED,
  '/plugins/*/dropTemporaryQueues': TEMPORARY,
  '/plugins/*/dropTemporaryTopics': TEMPORARY,
  '/plugins/*/connections': UNASKED,
  '/plugins/*/sessions': UNASKED,
  '/plugins/*/transactions': KINDS,
  '/plugins/*/consumers': KINDS,
  '/plugins/*/producers': KINDS,
  '/plugins/*/internal': KINDS,
  '/plugins/*/perDestination': KINDS,
  '/plugins/*/header': [PLUGINS, 'PL-13: stampProperty names the header'],
  '/plugins/*/file': [
    PLUGINS,
    'PL-14: connectionDotFilePlugin and destinationDotFilePlugin keep a picture up to date in their files',
  ],
  '/plugins/*/fallbackToDeadLetter': EXHAUSTED,
  '/plugins/*/sendToDlqIfMaxRetriesExceeded': EXHAUSTED,
  '/plugins/*/defaultPolicy/maximumRedeliveries': RETRIED,
  '/plugins/*/policies/*/maximumRedeliveries': [
    RETRIES,
    'PL-10, D-02: persistence does not matter, selectors see the count, and a policy is for its destination',
  ],
  '/plugins/*/policies/*/initialRedeliveryDelay': RETRIED,
  '/plugins/*/policies/*/redeliveryDelay': RETRIED,
  '/plugins/*/policies/*/maximumRedeliveryDelay': BACK_OFF,
  '/plugins/*/policies/*/backOffMultiplier': BACK_OFF,
  '/plugins/*/policies/*/collisionAvoidance': [
    JUDGES,
    'PL-10: with useCollisionAvoidance a delay is longer or shorter by chance, by no more than the share',
  ],
  '/plugins/*/policies/*/destination/name': MATCHED,
  '/plugins/*/policies/*/destination/kind': MATCHED,
  '/plugins/*/policies/*/tempQueue': MATCHED,
  '/plugins/*/policies/*/tempTopic': MATCHED,
}
