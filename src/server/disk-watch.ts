import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from '../base/log.ts'
import type { IoExceptionHandlerConfig } from '../config/config.ts'
import type { JournalEvents } from '../journal/journal.ts'

/** What a failed write leads to (semantics LC-11): the journal ends, or it is tried again after so many ms. */
export function answerWriteFailure(
  handler: IoExceptionHandlerConfig,
  error: Error,
  stopping: boolean,
  log: Log,
): 'stop' | number {
  // What is not written now was never acknowledged: a stop does not wait for space.
  if (stopping) return 'stop'
  const noSpace = isNoSpace(error, handler.noSpaceMessage)
  if (!handler.ignoreAllErrors && !(noSpace && handler.ignoreNoSpaceErrors) && !handler.stopStartConnectors)
    return 'stop'
  log.error(
    `the journal cannot be written: ${error.message}; nothing is acknowledged, trying again in ${handler.resumeCheckSleepPeriod} ms`,
    { code: 'JOURNAL_FAILED' },
  )
  return handler.resumeCheckSleepPeriod
}

/** Saves what the pair shall remember; while there is no space it waits and tries again, as the journal does. */
export async function saveWhenPossible(
  save: () => Promise<void>,
  events: Pick<JournalEvents, 'writeFailed' | 'writeResumed'>,
): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await save()
      return tries === 0 ? undefined : events.writeResumed()
    } catch (error) {
      const answer = error instanceof Error && error.cause instanceof Error ? events.writeFailed(error.cause) : 'stop'
      if (answer === 'stop') throw error
      await pause(answer)
    }
  }
}

/** A write that found no space, of a journal that is being closed to follow: nobody was told of it, and the twin has it. */
export const gaveUpOnSpace = (error: Error): boolean =>
  'code' in error && error.code === 'ENOSPC' && 'syscall' in error && error.syscall !== 'fdatasync'

const isNoSpace = (error: Error, text: string): boolean =>
  ('code' in error && error.code === 'ENOSPC') || (text !== '' && error.message.includes(text))
