import type { Clock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { epoch as toEpoch, lsn, type DurableLsn, type Lsn } from '../../src/base/lsn.ts'
import { Maintenance, recoverStore, type OpenedStore } from '../../src/broker/broker.ts'
import {
  mendJournal,
  readNewestSnapshot,
  verifyJournal,
  type Files,
  type Hole,
  type JournalEvents,
} from '../../src/journal/journal.ts'
import { EpochReason } from '../../src/store/store.ts'
import { DiskFull, FaultyFiles, type Operation } from '../journal/faulty-files.ts'
import { between, randomFrom } from '../journal/random.ts'
import { VirtualClock } from '../journal/virtual-clock.ts'
import { Past } from './past.ts'
import { Work } from './work.ts'

/** How a store is set up, and how often its power goes. */
export interface Course {
  readonly seed: number
  readonly sync: 'always' | 'periodic' | 'never'
  readonly durableWrites: boolean
  readonly preallocate: boolean
  readonly segmentBytes: number
  /** The share of writes that find the disk full, and are tried again. */
  readonly fullShare: number
  /** Many small messages stay. */
  readonly hoards: boolean
  /** What wraps the disk: takes a step away, to prove that its absence is noticed. */
  readonly mutant?: (files: Files) => Files
}

/** What was explored. */
export interface Tally {
  states: number
  /** Crash states of the recovery of a crash state. */
  second: number
  flips: number
  /** Flips that were refused. */
  refused: number
  readonly seen: Map<string, number>
}

export const newTally = (): Tally => ({ states: 0, second: 0, flips: 0, refused: 0, seen: new Map<string, number>() })

/** A crash state was not survived. */
export class Broken extends Error {}

const DIRECTORY = '/data'
/** The steps of a disk that change something. */
const CHANGES: readonly Operation[] = ['open', 'rename', 'remove', 'syncDirectory', 'write', 'sync', 'truncate']

export function courseOf(seed: number): Course {
  const random = randomFrom(seed ^ 0xc0ffee)
  const dice = random()
  return {
    seed,
    sync: dice < 0.7 ? 'always' : dice < 0.85 ? 'periodic' : 'never',
    durableWrites: random() < 0.6,
    preallocate: random() < 0.5,
    segmentBytes: random() < 0.3 ? between(random, 500, 1500) : between(random, 1500, 12_000),
    hoards: random() < 0.3,
    fullShare: random() < 0.3 ? 0.15 : 0,
  }
}

/** Runs a store through several lives, each ended by a crash, and recovers samples of what any step could leave behind. */
export async function explore(course: Course, lives: number, tally: Tally): Promise<void> {
  const random = randomFrom(course.seed)
  let files = new FaultyFiles(course.durableWrites)
  const past = new Past()
  for (let life = 0; life < lives; life++) files = await new Life(course, files, past, random, tally).run()
}

/** One process, from its start on what an earlier one left to the power cut or kill that ends it. */
class Life {
  readonly #course: Course
  readonly #files: FaultyFiles
  readonly #past: Past
  readonly #random: () => number
  readonly #tally: Tally
  #store!: OpenedStore
  readonly #clock = new VirtualClock()
  #fullShare: number
  /** A full disk is no longer waited for. */
  #closes = false
  #over = false
  #failure: Error | null = null
  /** States that came about where nobody could wait for their examination. */
  #examinations: Promise<void> = Promise.resolve()

  constructor(course: Course, files: FaultyFiles, past: Past, random: () => number, tally: Tally) {
    this.#course = course
    this.#files = files
    this.#past = past
    this.#random = random
    this.#tally = tally
    this.#fullShare = course.fullShare
  }

  async run(): Promise<FaultyFiles> {
    try {
      return await this.#run()
    } catch (error) {
      throw this.#failure ?? error
    } finally {
      this.#over = true
    }
  }

  async #run(): Promise<FaultyFiles> {
    const random = this.#random
    this.#files.takesSectors = true
    this.#files.before = (operation, path) => this.#before(operation, path)
    const store = await this.#start()
    const { journal, state } = store
    const work = new Work(journal, state, random, this.#course.hoards)
    const port = {
      state,
      journal,
      schedule: () => journal.flush(),
      spaceFreed: () => {},
      spaceWanted: false,
      space: { storeFull: false },
    }
    const options = { files: this.#disk, directory: DIRECTORY, inMemory: false, log: silentLog }
    const maintenance = new Maintenance(port, journal, options, store.recovered.fromSnapshot ?? (0 as DurableLsn))
    for (let steps = between(random, 20, 120); steps > 0; steps--) {
      work.step()
      const dice = random()
      if (dice < 0.5) journal.flush(random() < 0.2)
      if (dice < 0.06) await this.#synced()
      else if (dice < 0.12) await this.#passing(maintenance.run())
      else if (dice < 0.14) {
        // Often of everything, so that the next record may begin a segment right where the snapshot ends.
        if (random() < 0.5) await this.#synced()
        await this.#passing(maintenance.snapshot().catch((error: unknown) => this.#unlessFull(error)))
      } else if (dice < 0.35) await this.#passing(rest())
    }
    this.#fullShare = 0
    this.#closes = random() < 0.15
    if (this.#closes) await this.#passing(journal.close())
    const left = await this.#end()
    if (this.#failure !== null) throw this.#failure
    return left
  }

  async #synced(): Promise<void> {
    const { journal } = this.#store
    const { end } = journal
    await this.#passing(journal.sync())
    this.#past.promise(end)
  }

  /** Time passes meanwhile: what waits for space is tried again, what is synced now and then is. */
  async #passing(work: Promise<void>): Promise<void> {
    let done = false
    const ends = work.finally(() => (done = true))
    while (!done) {
      this.#clock.advance(1)
      await Promise.race([ends, rest()])
    }
    await ends
  }

  #unlessFull(error: unknown): void {
    if (this.#course.fullShare === 0) throw error
  }

  get #disk(): Files {
    return this.#course.mutant?.(this.#files) ?? this.#files
  }

  async #start(): Promise<OpenedStore> {
    const { sync, preallocate, segmentBytes } = this.#course
    const past = this.#past
    let scanned = lsn(0)
    const events: JournalEvents = {
      flushed: end => {
        if (this.#over) return
        this.#store.journal.scan(scanned, end, past.append)
        scanned = end
      },
      committed: upTo => {
        if (this.#over) return
        const { journal, state } = this.#store
        journal.scan(state.applied, upTo, (...record) => void state.apply(...record))
        if (sync === 'always') past.committed(upTo)
      },
      writeFailed: () => (this.#over ? 'stop' : 2),
      writeResumed: () => {},
      failed: error => {
        if (!this.#over && !(this.#closes && error instanceof DiskFull)) this.#failure ??= error
      },
    }
    const options = { sync, preallocate, segmentBytes, files: this.#disk, clock: this.#clock }
    this.#store = await openAgain(options, events)
    const { journal, state, lastEpoch } = this.#store
    past.restartAt(state)
    past.promise(state.applied)
    scanned = state.applied
    const reason = lastEpoch === 0 ? EpochReason.first : EpochReason.restart
    journal.beginEpoch(toEpoch(lastEpoch + 1), Buffer.alloc(16, between(this.#random, 1, 255)), 0, reason)
    journal.flush()
    return this.#store
  }

  #before(operation: Operation, path: string): void | number | Promise<void | number> {
    if (this.#over) throw new Error('the power is gone')
    const examined = this.#look(operation, path)
    if (operation !== 'write' || this.#random() >= this.#fullShare) return examined
    const taken = between(this.#random, 0, 600)
    return examined === undefined ? taken : examined.then(() => taken)
  }

  #look(operation: Operation, path: string): void | Promise<void> {
    if (!CHANGES.includes(operation)) return
    const random = this.#random
    const rare = operation === 'write' || operation === 'open'
    if (random() > (rare ? 0.25 : 0.6)) return
    const name = `${operation} ${path.slice(path.lastIndexOf('.') + 1)}`
    this.#tally.seen.set(name, (this.#tally.seen.get(name) ?? 0) + 1)
    const left = this.#files.crash(random, random() < 0.35 ? 'prefix' : 'sectors')
    const examination = this.#examine(left, this.#past.now(), `before ${name}`)
    examination.catch((error: Error) => {
      if (!(this.#failure instanceof Broken)) this.#failure = error
    })
    this.#examinations = this.#examinations.then(() => examination)
    this.#examinations.catch(() => {})
    if (this.#course.durableWrites && (operation === 'write' || operation === 'sync')) return
    return this.#examinations
  }

  /** The end of this process: what the next one finds. */
  async #end(): Promise<FaultyFiles> {
    const random = this.#random
    const killed = random() < 0.3
    const left = killed ? this.#files.kill() : this.#files.crash(random, random() < 0.5 ? 'prefix' : 'sectors')
    this.#over = true
    await this.#examinations
    if (!killed) await this.#examine(copyOf(left), this.#past.now(), 'at the end')
    else await this.#cutAfterKill(left.kill())
    return left
  }

  /** What a start found and showed after a kill, a power cut right behind it must leave. */
  async #cutAfterKill(left: FaultyFiles): Promise<void> {
    const found = await recoveredFrom(left, this.#course).catch((error: unknown) => {
      throw this.#broken('after a kill', error)
    })
    const again = await recoveredFrom(left.crash(this.#random, 'sectors'), this.#course).catch((error: unknown) => {
      throw this.#broken('power cut behind a start after a kill', error)
    })
    if (again.state.applied !== found.state.applied)
      throw this.#broken('power cut behind a start after a kill', `${again.state.applied} of ${found.state.applied}`)
  }

  async #examine(left: FaultyFiles, then: ReturnType<Past['now']>, when: string): Promise<void> {
    const random = this.#random
    this.#tally.states++
    const flipped = random() < 0.25 ? copyOf(left) : null
    const twice = random() < 0.2
    const seconds: FaultyFiles[] = []
    if (twice)
      left.before = operation => {
        if (CHANGES.includes(operation) && random() < 0.5)
          seconds.push(left.crash(random, random() < 0.5 ? 'prefix' : 'sectors'))
      }
    if (random() < 0.1) await this.#asTheToolsSee(copyOf(left), when)
    const end = await this.#check(left, then, when)
    for (const second of seconds) {
      this.#tally.second++
      await this.#check(second, then, `${when}, and again during the recovery`)
    }
    if (flipped !== null) await this.#flip(flipped, then, end, when)
  }

  /** What an interrupted write left is no damage, for who looks and for who saves what can be saved. */
  async #asTheToolsSee(left: FaultyFiles, when: string): Promise<void> {
    const { committed } = await readNewestSnapshot(left, DIRECTORY, silentLog)
    const holes: Hole[] = []
    const where = { directory: DIRECTORY, committed, log: silentLog }
    await mendJournal(left, { ...where, record: () => {}, hole: hole => void holes.push(hole) })
    const hole = holes.find(({ file }) => file !== null)
    if (hole !== undefined) throw this.#broken(`${when}, salvaged`, `a hole at ${hole.from}`)
    const { damage } = await verifyJournal(left, DIRECTORY)
    if (damage?.kind === 'corrupt') throw this.#broken(`${when}, looked at`, `${damage.file}: ${damage.what}`)
  }

  async #check(left: FaultyFiles, then: ReturnType<Past['now']>, when: string): Promise<Lsn> {
    let found: OpenedStore
    try {
      found = await recoveredFrom(left, this.#course)
    } catch (error) {
      throw this.#broken(when, error)
    }
    left.before = () => undefined
    const wrong = then.whatIsWrong(found, left)
    if (wrong !== null) throw this.#broken(when, wrong)
    if (this.#random() < 0.1) await this.#goOn(left, found, when)
    return found.state.applied
  }

  /** Behind what was found the journal is written again, and nothing of what was cut off comes back. */
  async #goOn(left: FaultyFiles, { state: { applied }, journal, lastEpoch }: OpenedStore, when: string): Promise<void> {
    journal.beginEpoch(toEpoch(lastEpoch + 1), Buffer.alloc(16, 1), 0, EpochReason.restart)
    await journal.sync()
    const { end } = journal
    const again = await recoveredFrom(
      left.crash(() => 0, 'sectors'),
      this.#course,
    ).catch((error: unknown) => {
      throw this.#broken(`${when}, and the start behind the next one`, error)
    })
    if (again.state.applied !== end)
      throw this.#broken(when, `found until ${applied}, written until ${end}, found again until ${again.state.applied}`)
  }

  /** A bit that flips in what was synced is noticed, or what is read is right all the same. */
  async #flip(left: FaultyFiles, then: ReturnType<Past['now']>, end: Lsn, when: string): Promise<void> {
    const random = this.#random
    const names = left.names().filter(name => /\.(journal|snapshot)$/.test(name))
    const name = names[between(random, 0, names.length)]
    if (name === undefined) return
    const bytes = Buffer.from(left.bytesOf(name))
    if (bytes.length === 0) return
    const at = between(random, 0, bytes.length)
    bytes[at] = bytes[at]! ^ (1 << between(random, 0, 8))
    left.replace(name, bytes)
    this.#tally.flips++
    let found: OpenedStore
    try {
      found = await recoveredFrom(left, this.#course)
    } catch {
      this.#tally.refused++
      return
    }
    const base = name.endsWith('.journal') ? Number.parseInt(/([0-9a-f]{16})/.exec(name)![1]!, 16) : null
    const wrong = then.whatIsWrongAfterFlip(found, base === null ? null : base + at, end)
    if (wrong !== null) throw this.#broken(`${when}, bit flipped at byte ${at} of ${name}`, wrong)
  }

  #broken(when: string, what: unknown): Broken {
    const text = what instanceof Error ? what.message : String(what)
    return new Broken(`seed ${this.#course.seed}, ${when}: ${text}`, { cause: what })
  }
}

/** The event loop has nothing to do. */
const rest = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

function copyOf(files: FaultyFiles): FaultyFiles {
  const copy = new FaultyFiles(files.durableWrites)
  for (const name of files.names()) copy.replace(name, files.bytesOf(name))
  return copy
}

type Settings = Pick<Course, 'sync' | 'preallocate' | 'segmentBytes'> & { readonly files: Files; readonly clock: Clock }

const openAgain = (settings: Settings, events: JournalEvents): Promise<OpenedStore> =>
  recoverStore(
    {
      ...settings,
      kind: 'journal',
      directory: DIRECTORY,
      syncIntervalMs: 1000,
      cacheBytes: 1 << 14,
      readCacheBytes: 1 << 14,
      archiveDirectory: null,
      deleteAll: false,
      log: silentLog,
    },
    events,
  )

const NOBODY: JournalEvents = {
  committed: () => {},
  writeFailed: () => 'stop',
  writeResumed: () => {},
  failed: () => {},
}

const recoveredFrom = (files: FaultyFiles, course: Course): Promise<OpenedStore> =>
  openAgain({ ...course, files: course.mutant?.(files) ?? files, clock: new VirtualClock() }, NOBODY)
