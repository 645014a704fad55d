import type { Clock } from '../base/clock.ts'
import type { Zone } from '../destination/destination.ts'

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

/** The time zone of this process (TZ). */
export const systemZone: Zone = {
  read: ms => {
    const at = new Date(ms)
    return {
      year: at.getFullYear(),
      month: at.getMonth() + 1,
      day: at.getDate(),
      weekday: at.getDay(),
      hour: at.getHours(),
      minute: at.getMinutes(),
    }
  },
  at: (year, month, day, hour, minute) => new Date(year, month - 1, day, hour, minute).getTime(),
}

/** As the clock's `after`, for what must not keep the process alive. */
export function wakeUp(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms).unref()
  return () => clearTimeout(timer)
}
