import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadConfig, type Finding, type LoadOptions, type LoadResult } from '../../src/config/config.ts'
import { temporary } from '../temporary.ts'

/** A fresh directory with these files in it; it is gone when this process ends. */
export function directoryWith(files: Readonly<Record<string, string>>): string {
  const directory = temporary('config')
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text, { mode: 0o600 })
  }
  return directory
}

/** Loads a file with nothing around it but what a test says. */
export const load = (source: string, options: Partial<LoadOptions> = {}): Promise<LoadResult> =>
  loadConfig(source, { properties: {}, env: {}, cwd: dirname(source.replace(/^xbean:(file:)?/, '')), ...options })

/** A broker's attributes and content inside `<beans>` with a configurer, loaded from a fresh directory. */
export async function loadBroker(
  attributes: string,
  content: string,
  options: Partial<LoadOptions> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<LoadResult> {
  const directory = directoryWith({ 'activemq.xml': beans(broker(attributes, content)), ...files })
  return load(join(directory, 'activemq.xml'), options)
}

export const STOMP =
  '<transportConnectors><transportConnector name="stomp" uri="stomp://127.0.0.1:61613"/></transportConnectors>'

export const broker = (attributes: string, content: string): string =>
  `<broker xmlns="http://activemq.apache.org/schema/core" ${attributes}>${content}</broker>`

export const CONFIGURER = '<bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"/>'

export const beans = (content: string, configurer: string = CONFIGURER): string =>
  `<beans xmlns="http://www.springframework.org/schema/beans">\n${configurer}\n${content}\n</beans>`

export const stops = ({ findings }: LoadResult): readonly Finding[] =>
  findings.filter(({ severity }) => severity === 'error' || severity === 'refuse')

export const codes = (result: LoadResult, severity?: Finding['severity']): readonly string[] =>
  result.findings.filter(finding => severity === undefined || finding.severity === severity).map(({ code }) => code)

export const find = ({ findings }: LoadResult, code: string): Finding | undefined =>
  findings.find(finding => finding.code === code)
