import { dirname } from 'node:path'
import { messageOf, TandemError, type Position } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { loadTools, type ObjectNode, type Reading } from '../config/config.ts'
import { compared, type Difference } from '../inspect/inspect.ts'
import type { KeptSetting, RunningBroker } from '../server/server.ts'
import type { StartLog } from './start-log.ts'

/** What a reload needs to know of the start before it. */
export interface ReloadParts {
  readonly started: Reading
  /** The same files, read again. */
  readonly read: () => Promise<Reading>
  readonly running: RunningBroker
  readonly startLog: StartLog
  /** What has it read again after a mistake was corrected. */
  readonly again: string
}

/**
 * A reload, by SIGHUP or because the file has changed (management CE-06, C-15): users, groups, access rules, certificates, destination policies (semantics RC-01) and the
 * level of the log are taken anew, and what changed is told; what else differs from the start needs a restart, and is named. Files that cannot be used change
 * nothing at all. Never rejects.
 */
export async function reload({ started, read, running, startLog, again }: ReloadParts): Promise<void> {
  const { log } = startLog
  startLog.reopen()
  try {
    const now = await read()
    if (now.config === null) return refuse(now, log)
    const { vocabulary } = await loadTools()
    const differences = await slicewise(compared(started, now, vocabulary))
    const { changes, ended, kept } = running.reload(now.config)
    const level = startLog.relevel(dirname(now.config.at.file)) ? [`the log level is ${log.level}`] : []
    const all = [...changes, ...level]
    const closed = ended === 0 ? '' : `; ${ended} ${ended === 1 ? 'connection' : 'connections'} had to end by that`
    const text =
      all.length === 0 ? 'no user, rule, certificate or policy of the broker has changed' : `${all.join('; ')}${closed}`
    log.info(`reload: ${text}`, { code: 'NODE_RELOADED' })
    for (const one of kept) tellKept(one, now, log)
    for (const difference of differences) if (needsRestart(difference)) tell(difference, log)
  } catch (error) {
    const hint = `Nothing has changed; correct it${again}.`
    const about = error instanceof TandemError && error.position !== undefined ? { at: error.position } : {}
    log.error(`reload refused: ${messageOf(error)}`, { code: 'NODE_RELOAD_REFUSED', hint, ...about })
  }
}

/** ms of work between two turns of the event loop: clients are served meanwhile. */
const SLICE_MS = 25
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

async function slicewise<T>(work: Generator<undefined, T, undefined>): Promise<T> {
  for (;;) {
    await turn()
    for (const end = performance.now() + SLICE_MS; performance.now() < end;) {
      const { done, value } = work.next()
      if (done === true) return value
    }
  }
}

function refuse({ findings }: Reading, log: Log): void {
  for (const { severity, at, message } of findings)
    if (severity === 'error' || severity === 'refuse') log.error(message, { code: 'NODE_RELOAD_REFUSED', at })
  log.error('the files cannot be honoured as they are now: nothing has changed', { code: 'NODE_RELOAD_REFUSED' })
}

/** What `running.reload` takes by itself. */
const TAKEN =
  /^broker\/plugins\/(?:simpleAuthenticationPlugin|jaas\w*Plugin|authorizationPlugin)\b|^broker\/sslContext\b|^broker\/destinationPolicy\b|^broker\/plugins\/redeliveryPlugin[^/]*\/|^broker \((?:authentication|authorization|tls|policies|defaultPolicy)\)$/

const needsRestart = ({ path, effect }: Difference): boolean =>
  (effect === 'behaviour' || effect === 'start') && !TAKEN.test(path)

function tell({ path, a, b, otherwise }: Difference, log: Log): void {
  const side = (one: Difference['a']): string => {
    if (one === null) return otherwise === null ? 'nothing' : `nothing (${otherwise})`
    return one.text ?? 'a secret'
  }
  const at = b?.at ?? a?.at
  const about = { code: 'NODE_RELOAD_REFUSED', ...(at !== undefined && { at }) } as const
  log.warn(`${path} was ${side(a)} and is ${side(b)} now: that needs a restart, until then the old holds`, about)
}

function tellKept({ word, entry, at, destinations, example }: KeptSetting, { broker }: Reading, log: Log): void {
  const others = destinations === 1 ? '' : ` and ${destinations - 1} more`
  const text = `${word} of ${entry} needs a restart for what exists: until then the old holds for ${example}${others}`
  log.warn(text, { code: 'NODE_RELOAD_REFUSED', at: (broker === null ? null : placeOf(word, at, broker)) ?? at })
}

/** Where the object that begins at `at` says this; null: it does not. */
function placeOf(word: string, at: Position, node: ObjectNode): Position | null {
  if (isSame(node.at, at)) {
    const named = (name: string): boolean => name === word || name === `${word}Type`
    for (const [name, value] of node.values) if (named(name)) return value.at
    for (const [name, [item]] of node.slots)
      if (named(name) && item !== undefined)
        return item.kind === 'object' ? item.object.at : item.kind === 'bean' ? item.at : item.value.at
    return null
  }
  for (const items of node.slots.values())
    for (const item of items) {
      const found = item.kind === 'object' ? placeOf(word, at, item.object) : null
      if (found !== null) return found
    }
  return null
}

const isSame = (a: Position, b: Position): boolean => a.file === b.file && a.line === b.line && a.column === b.column
