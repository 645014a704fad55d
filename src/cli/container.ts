import type { Reading } from '../config/config.ts'

/**
 * What the entry point of ActiveMQ's image does with ACTIVEMQ_CONNECTION_USER and _PASSWORD, without writing into any file
 * (management CE-04): a broker whose file lets everybody in gets that one login. A file that asks for logins of its own is
 * left as it is.
 */
export function withContainerLogin(reading: Reading, env: Readonly<Record<string, string | undefined>>): Reading {
  const { config } = reading
  const name = env['ACTIVEMQ_CONNECTION_USER'] ?? ''
  if (name === '' || config === null || config.authentication !== null) return reading
  const password = env['ACTIVEMQ_CONNECTION_PASSWORD'] ?? ''
  const users = [{ name, password, groups: [] }]
  const authentication = { kind: 'simple', at: config.at, users, anonymous: null } as const
  // It is not as open any more as its file.
  const findings = reading.findings.filter(({ code, message }) => code !== 'CONFIG_OPEN' || !OPEN_PORT.test(message))
  return { ...reading, config: { ...config, authentication }, findings }
}

const OPEN_PORT = /^anybody who reaches .* can read and write everything/
