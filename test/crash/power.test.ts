import test from 'ava'
import type { Files, JournalFile } from '../../src/journal/journal.ts'
import { freshSeed } from '../journal/random.ts'
import { Broken, courseOf, explore, newTally, type Course } from './power.ts'

/** Crash states that a run of the suite looks at; `npm run test:power` looks at as many as one likes. */
const STATES = 800

test('a power cut at any step leaves what was promised, in order and whole, and never stops the next start', async t => {
  t.timeout(120_000)
  const first = freshSeed()
  const tally = newTally()
  for (let seed = first; tally.states < STATES; seed++) await explore(courseOf(seed), 2, tally)
  t.log(`seeds from ${first}: ${tally.states} crash states, ${tally.second} of recoveries, ${tally.flips} flipped bits`)
  t.true(tally.second > 100)
  t.true(tally.refused > 10)
})

const nothing = (): Promise<void> => Promise.resolve()

type FileChange = { readonly [Name in keyof JournalFile]?: JournalFile[Name] | undefined }

/** The same disk, but for some operations of it and of its files. */
function but(files: Files, own: Partial<Files>, ofFile: (file: JournalFile, path: string) => FileChange): Files {
  return {
    list: directory => files.list(directory),
    rename: (source, to) => files.rename(source, to),
    remove: path => files.remove(path),
    syncDirectory: directory => files.syncDirectory(directory),
    open: async path => {
      const file = await files.open(path)
      return { ...file, ...ofFile(file, path) } as JournalFile
    },
    ...own,
  }
}

const isJournal = (path: string): boolean => path.endsWith('.journal')

/** Disks on which one step is not done. */
const MUTANTS: readonly {
  readonly name: string
  readonly course?: Partial<Course>
  readonly mutant: (files: Files) => Files
}[] = [
  { name: 'directories are not synced', mutant: files => but(files, { syncDirectory: nothing }, () => ({})) },
  {
    name: 'the journal is not synced',
    course: { durableWrites: false },
    mutant: files => but(files, {}, (_, path) => (isJournal(path) ? { sync: nothing } : {})),
  },
  {
    name: 'a write that should be its own sync is none',
    course: { durableWrites: true, sync: 'always' },
    mutant: files =>
      but(files, {}, file => ({
        writeDurably: (block, from, to, position, done) =>
          void file.write(block, from, to, position).then(() => done(null), done),
        writeDurablySync: undefined,
      })),
  },
  {
    name: 'a snapshot is not synced before it gets its name',
    mutant: files => but(files, {}, (_, path) => (isJournal(path) ? {} : { sync: nothing })),
  },
  {
    name: 'a torn tail is not cut off',
    course: { segmentBytes: 8000 },
    mutant: files => but(files, {}, () => ({ truncate: nothing })),
  },
]

for (const { name, course, mutant } of MUTANTS)
  test(`it would be seen if ${name}`, async t => {
    t.timeout(120_000)
    const tally = newTally()
    const died = async (): Promise<void> => {
      for (let seed = 1; seed < 100; seed++) await explore({ ...courseOf(seed), ...course, mutant }, 4, tally)
    }
    const broken = await t.throwsAsync(died(), { instanceOf: Broken })
    t.log(`after ${tally.states} states: ${broken?.message}`)
  })
