import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Answer } from '../../src/inspect/inspect.ts'
import { call, type Answer as Answered } from '../cli/terminal.ts'

/** One file of a pair; what is left out is that of a pair that works, on one machine. */
export interface Parts {
  readonly name?: string
  readonly attributes?: string
  /** Children of <broker> before the connectors, such as <plugins>. */
  readonly body?: string
  readonly connectors?: readonly string[]
  /** Of those, the one with autoStart="false". */
  readonly waits?: number
  /** The passive's: the address of its active; null: it names none. */
  readonly names?: string | null
  readonly login?: string
  readonly data?: string
}

export interface PairFiles {
  readonly directory: string
  readonly active: string
  readonly passive: string
}

/** Ports that nobody opens: nothing is started by a check. */
export const ACTIVE_PORT = 61_714
export const PASSIVE_PORT = 61_715

const ACTIVE: Parts = { name: 'alpha', connectors: [`stomp://127.0.0.1:${ACTIVE_PORT}`] }
const PASSIVE: Parts = {
  name: 'beta',
  connectors: [`stomp://127.0.0.1:${PASSIVE_PORT}`],
  names: `tcp://127.0.0.1:${ACTIVE_PORT}`,
}

export function xml({
  name,
  attributes = '',
  body = '',
  connectors = [],
  waits = -1,
  names = null,
  login = '',
  data,
}: Parts): string {
  const uris = connectors.map(
    (uri, index) =>
      `<transportConnector name="c${index}" uri="${uri.replaceAll('&', '&amp;')}" autoStart="${index !== waits}"/>`,
  )
  const service = names === null ? '' : `<services><activeConnector remoteURI="${names}" ${login}/></services>`
  return `<beans xmlns="http://www.springframework.org/schema/beans">
<bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"/>
<broker xmlns="http://activemq.apache.org/schema/core" brokerName="${name}" dataDirectory="${data ?? `\${activemq.data}/${name}`}" ${attributes}>
${body}
${service}
<transportConnectors>
${uris.join('\n')}
</transportConnectors>
</broker>
</beans>`
}

/** Two files of a directory that ends with the test. */
export function pairFiles(t: ExecutionContext, active: Parts = {}, passive: Parts = {}): PairFiles {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-pair-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const files = { directory, active: join(directory, 'active.xml'), passive: join(directory, 'passive.xml') }
  writeFileSync(files.active, xml({ ...ACTIVE, ...active }))
  writeFileSync(files.passive, xml({ ...PASSIVE, ...passive }))
  return files
}

/** `tandemmq …` in this process. */
export const tandemmq = (args: readonly string[], cwd: string = process.cwd()): Promise<Answered> => call(args, cwd)

export interface Checked {
  readonly code: number
  readonly works: boolean
  readonly verdict: string
  readonly answers: readonly Answer[]
  readonly text: string
}

/** `pair check --json` of two files; neither wants the same HTTP port. */
export async function check(
  files: Pick<PairFiles, 'active' | 'passive'>,
  ...more: readonly string[]
): Promise<Checked> {
  const args = ['pair', 'check', '--json', files.active, files.passive, '-Dtandemmq.http=off', ...more]
  const { code, out } = await tandemmq(args)
  return { ...(JSON.parse(out) as { works: boolean; verdict: string; answers: readonly Answer[] }), code, text: out }
}

/** The answers about one thing, one a line: `status what → hint`. */
export const about = ({ answers }: Checked, topic: Answer['topic']): string =>
  answers
    .filter(answer => answer.topic === topic)
    .map(({ status, what, hint }) => `${status} ${what} → ${hint ?? ''}`)
    .join('\n')
