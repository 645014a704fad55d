import type { BrokerConfig } from '../config/config.ts'

/**
 * What the entry point of ActiveMQ's image does with ACTIVEMQ_CONNECTION_USER and _PASSWORD, without writing into any file
 * (management CE-04): a broker whose file lets everybody in gets that one login. A file that asks for logins of its own is
 * left as it is.
 */
export function withContainerLogin(
  config: BrokerConfig,
  env: Readonly<Record<string, string | undefined>>,
): BrokerConfig {
  const name = env['ACTIVEMQ_CONNECTION_USER'] ?? ''
  if (name === '' || config.authentication !== null) return config
  const password = env['ACTIVEMQ_CONNECTION_PASSWORD'] ?? ''
  const users = [{ name, password, groups: [] }]
  return { ...config, authentication: { kind: 'simple', at: config.at, users, anonymous: null } }
}
