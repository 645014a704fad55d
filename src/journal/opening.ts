import type { Clock } from '../base/clock.ts'
import type { JournalEvents } from './appender.ts'
import type { Files } from './files.ts'
import type { JournalOptions, JournalStart } from './options.ts'
import { JournalWriter } from './writer.ts'

/** Opens the journal for appending where recovery found its end. Nothing is written before the first flush. */
export function openJournal(
  options: JournalOptions,
  files: Files,
  clock: Clock,
  events: JournalEvents,
  start: JournalStart,
): JournalWriter {
  return new JournalWriter(options, files, clock, events, start)
}
