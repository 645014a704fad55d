import { TandemError, messageOf } from '../base/errors.ts'

const HINT =
  'All files in the data directory must belong to the user of this process: a start or a restored backup as another user ' +
  'may have left some that do not (chown -R).'

/** For EROFS. */
export const READ_ONLY =
  'The file system is mounted read-only. After an error of the disk the system does that by itself: see its log (dmesg) first.'

/** JOURNAL_IO: what was being done, and why the disk refused; with a way out where that is a matter of permissions. */
export function ioError(text: string, cause: unknown): TandemError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const hint = code === 'EROFS' ? { hint: READ_ONLY } : code === 'EACCES' || code === 'EPERM' ? { hint: HINT } : {}
  return new TandemError('JOURNAL_IO', `${text}: ${messageOf(cause)}`, { cause, ...hint })
}
