import type { Position } from '../base/errors.ts'
import { filePath, type Site } from './site.ts'
import { Fields } from './fields.ts'
import type { StoreConfig } from './model.ts'
import type { ObjectNode } from './node.ts'
import type { Sources } from './environment.ts'
import { join } from './paths.ts'

interface Core {
  readonly at: Position
  readonly brokerName: string
  readonly dataDirectory: string
  readonly persistent: boolean
}

const JOURNAL_FILE_BYTES = 32 * 1024 * 1024
const LOCK_RETRY_MS = 10_000

/** Files of ActiveMQ's stores: KahaDB, the AMQ and Kaha stores, LevelDB, and the Derby database of the JDBC stores. */
const FOREIGN =
  /^(?:db\.(?:data|redo|free)|db-\d+\.log|.*\.redo|data-[\w-]+|hash-index-.*|index-.*|[0-9a-f]{16}\.(?:log|index)|service\.properties|c[0-9a-f]+\.dat)$/
/** What TandemMQ's journal calls its files. */
const OWN = /^tandemmq-/

/** Which store, and where (architecture.md, "Decisions"). */
export function buildStore(broker: Fields, core: Core, site: Site): StoreConfig {
  const adapter = broker.object('persistenceAdapter') ?? broker.object('persistenceFactory')
  const fallback = join(join(core.dataDirectory, core.brokerName), 'KahaDB')
  if (adapter !== null && !core.persistent && adapter.name !== 'memoryPersistenceAdapter')
    site.findings.warn(
      'CONFIG_STORE',
      adapter.at,
      'persistent="false": the configured store is ignored, as in ActiveMQ',
    )
  if (!core.persistent || adapter?.name === 'memoryPersistenceAdapter')
    return memoryStore(fallback, adapter?.at ?? core.at)
  if (adapter === null) {
    const store = plainJournal(fallback, core.at)
    checkForeign(store, site)
    return store
  }
  const fields = new Fields(adapter, '/store', site.places)
  const store =
    adapter.name === 'kahaDB' ? kahaStore(fields, adapter, fallback, site) : otherStore(fields, adapter, fallback, site)
  checkForeign(store, site)
  return store
}

const memoryStore = (directory: string, at: Position): StoreConfig => ({
  ...plainJournal(directory, at),
  kind: 'memory',
})

const plainJournal = (directory: string, at: Position): StoreConfig => ({
  kind: 'journal',
  directory,
  journalMaxFileLength: JOURNAL_FILE_BYTES,
  sync: 'always',
  syncInterval: 1000,
  cleanupInterval: 30_000,
  checkpointInterval: 5000,
  archiveDirectory: null,
  lock: { use: true, failIfLocked: false, retryInterval: LOCK_RETRY_MS },
  at,
})

function kahaStore(fields: Fields, { at }: ObjectNode, fallback: string, site: Site): StoreConfig {
  const directory = fields.has('directory') ? filePath(fields.text('directory') ?? '', site) : fallback
  const archive = fields.has('directoryArchive')
    ? filePath(fields.text('directoryArchive') ?? '', site)
    : join(directory, 'data-archive')
  return {
    kind: 'journal',
    directory,
    journalMaxFileLength: fields.size('journalMaxFileLength', JOURNAL_FILE_BYTES),
    sync: syncOf(fields, site),
    syncInterval: fields.integer('journalDiskSyncInterval', 1000, 'syncInterval'),
    cleanupInterval: fields.integer('cleanupInterval', 30_000),
    checkpointInterval: fields.integer('checkpointInterval', 5000),
    archiveDirectory: fields.boolean('archiveDataLogs') ? archive : null,
    lock: lockOf(fields, site),
    at,
  }
}

function syncOf(fields: Fields, { findings }: Site): StoreConfig['sync'] {
  const syncing = fields.boolean('enableJournalDiskSyncs', true)
  if (!fields.has('journalDiskSyncStrategy')) {
    if (!syncing) warnWeak(fields.at('enableJournalDiskSyncs'), findings)
    return syncing ? 'always' : 'never'
  }
  const strategy = (fields.text('journalDiskSyncStrategy', 'sync') ?? '').trim().toLowerCase()
  if (strategy === 'always') return 'always'
  if (strategy === 'periodic' || strategy === 'never') {
    warnWeak(fields.at('journalDiskSyncStrategy'), findings)
    return strategy
  }
  const message = `"${strategy}" is no journalDiskSyncStrategy; it is one of always, periodic, never`
  findings.error('CONFIG_VALUE', fields.at('journalDiskSyncStrategy'), message)
  return 'always'
}

const warnWeak = (at: Position, findings: Site['findings']): void =>
  findings.warn('CONFIG_STORE', at, 'receipts are sent before messages are on disk; a power cut can lose them')

/** Another of ActiveMQ's stores, served by the journal in its directory. */
function otherStore(fields: Fields, adapter: ObjectNode, fallback: string, site: Site): StoreConfig {
  const named = ['directory', 'dataDirectory', 'dataDirectoryFile'].find(name => fields.has(name))
  const directory = named === undefined ? fallback : filePath(fields.text(named) ?? '', site)
  const archive = fields.has('journalArchiveDirectory')
    ? filePath(fields.text('journalArchiveDirectory') ?? '', site)
    : null
  const store = plainJournal(directory, adapter.at)
  // With a data source the start is refused, or was told to do without what is in there.
  if (/jdbc|journal/i.test(adapter.name) && !adapter.slots.has('dataSource') && !fields.given('dataSource')) {
    const message = `<${adapter.name}> is served by TandemMQ's own journal in ${directory}`
    site.findings.warn('CONFIG_STORE', adapter.at, message, 'a Derby database that is found there refuses the start')
  }
  return {
    ...store,
    journalMaxFileLength: fields.size('journalLogFileSize', JOURNAL_FILE_BYTES, 'journalMaxFileLength'),
    archiveDirectory: archive,
    lock: lockOf(fields, site),
  }
}

function lockOf(fields: Fields, { places, findings }: Site): StoreConfig['lock'] {
  const use = fields.boolean('useLock', true) && fields.boolean('useDatabaseLock', true)
  if (!use)
    findings.warn('CONFIG_STORE', fields.at('useLock'), 'without its lock, two brokers can write the same store')
  const locker = fields.object('locker') ?? fields.object('databaseLocker')
  const retryInterval = fields.integer('lockAcquireSleepInterval', LOCK_RETRY_MS)
  if (locker === null) return { use, failIfLocked: false, retryInterval }
  const lock = new Fields(locker, '/store/lock', places)
  return {
    use,
    failIfLocked: lock.boolean('failIfLocked'),
    retryInterval: lock.has('lockAcquireSleepInterval')
      ? lock.integer('lockAcquireSleepInterval', LOCK_RETRY_MS, 'retryInterval')
      : retryInterval,
  }
}

/** mKahaDB, LevelDB, the AMQ store and Derby keep their files in directories below the one they are told. */
function filesIn(directory: string, sources: Sources, depth: number): readonly Entry[] {
  const below = depth < 3 ? (sources.directories?.(directory) ?? []) : []
  const deeper = below.slice(0, 500).flatMap(name => filesIn(join(directory, name), sources, depth + 1))
  return [...(sources.list(directory) ?? []), ...deeper]
}

type Entry = NonNullable<ReturnType<Sources['list']>>[number]

/** Messages of ActiveMQ in our directory are never touched, and never silently left behind (config section 5). */
function checkForeign({ directory, at }: StoreConfig, { outer, findings }: Site): void {
  const files = filesIn(directory, outer.sources, 0)
  const bytes = files.reduce(
    (sum, { name, bytes: size }) => (FOREIGN.test(name) && !OWN.test(name) ? sum + size : sum),
    0,
  )
  if (bytes === 0) return
  const message = `${directory} holds ${bytes} bytes of ActiveMQ data that TandemMQ does not read; its messages stay there`
  if (files.some(({ name }) => OWN.test(name))) findings.warn('CONFIG_FOREIGN_STORE', at, message)
  else if (outer.overrides['ignoreForeignStore'] === 'true') {
    const cause = 'started all the same because of -Dtandemmq.ignoreForeignStore=true'
    findings.warn('CONFIG_OVERRIDDEN', at, `${message}; ${cause}`)
  } else {
    const hint = 'drain it with ActiveMQ first, name another directory, or give -Dtandemmq.ignoreForeignStore=true'
    findings.refuse('CONFIG_FOREIGN_STORE', at, message, hint)
  }
}
