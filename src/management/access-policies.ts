import type { AccessPolicy, AccessRule } from './access.ts'
import { parseObjectName } from './object-name.ts'
import type { RequestType } from './request.ts'

/** The policies that need no file of their own; `off` serves no Jolokia at all (management JA-06). */
export type PolicyName = 'compat' | 'strict' | 'hardened' | 'off'

const READING: ReadonlySet<RequestType> = new Set(['read', 'list', 'version', 'search'])

const rule = (name: string, members: Partial<Omit<AccessRule, 'name'>>): AccessRule => ({
  name: parseObjectName(name),
  read: [],
  write: [],
  operations: [],
  ...members,
})

const ALL = { read: ['*'], write: ['*'], operations: ['*'] }

/** Everything of the broker, and TandemMQ's own, which ActiveMQ's file could not know. */
const ALLOW: readonly AccessRule[] = [rule('org.apache.activemq:*', ALL), rule('io.tandemmq:*', ALL)]

/** Beans of a JVM that could change what runs or read what it should not; here they do not exist anyway. */
const DENY: readonly AccessRule[] = [
  'org.apache.logging.log4j2:*',
  'com.sun.management:type=DiagnosticCommand',
  'com.sun.management:type=HotSpotDiagnostic',
  'jdk.management.jfr:type=FlightRecorder',
].map(name => rule(name, ALL))

/** ActiveMQ 5.17.4 and later: an Origin is demanded, everything of the broker may be done (management JA-03). */
const STRICT: AccessPolicy = {
  label: 'strict',
  methods: null,
  hosts: null,
  commands: READING,
  origins: { allowed: [], strict: true, ignoreScheme: false, programs: false },
  allow: ALLOW,
  deny: DENY,
  adminsOnly: false,
}

/** The default: as strict, but a program that is no browser need send no Origin (management JA-06, Q-03). */
const COMPAT: AccessPolicy = { ...STRICT, label: 'compat', origins: { ...STRICT.origins, programs: true } }

/** ActiveMQ 5.19.7, 6.2.6 and later: POST only, admins only, and nothing that changes anything (management JA-04). */
const HARDENED: AccessPolicy = {
  ...STRICT,
  label: 'hardened',
  adminsOnly: true,
  methods: new Set(['post']),
  deny: [
    ...DENY,
    rule('org.apache.activemq:*', {
      read: ['*assword*'],
      write: ['*'],
      operations: [
        'add*',
        'copy*',
        'create*',
        'destroy*',
        'disable*',
        'enable*',
        'gc',
        'move*',
        'pause',
        'purge',
        'reload*',
        'remove*',
        'reset*',
        'restart',
        'resume',
        'retry*',
        'send*',
        'set*',
        'start',
        'stop*',
        'terminateJVM',
      ],
    }),
    rule('io.tandemmq:*', { write: ['*'], operations: ['promote', 'demote', 'take'] }),
  ],
}

export const POLICIES: Readonly<Record<Exclude<PolicyName, 'off'>, AccessPolicy>> = {
  compat: COMPAT,
  strict: STRICT,
  hardened: HARDENED,
}
