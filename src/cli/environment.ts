/** What ActiveMQ's start script calls ACTIVEMQ_…, and what lies over it when it is there (management CE-01). */
const NAMES = ['HOME', 'BASE', 'CONF', 'DATA', 'TMP', 'OPTS', 'PIDFILE', 'OUT', 'ENCRYPTION_PASSWORD'] as const

type Variables = Readonly<Record<string, string | undefined>>

/** The environment as every verb reads it: TANDEMMQ_HOME and so on take the place of ActiveMQ's. */
export function withOwnNames(env: Variables): Variables {
  const own = NAMES.filter(name => (env[`TANDEMMQ_${name}`] ?? '') !== '')
  if (own.length === 0) return env
  return { ...env, ...Object.fromEntries(own.map(name => [`ACTIVEMQ_${name}`, env[`TANDEMMQ_${name}`]])) }
}
