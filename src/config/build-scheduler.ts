import { Fields } from './fields.ts'
import type { SchedulerConfig } from './model-scheduler.ts'
import type { Site } from './site.ts'

const GiB = 1024 ** 3

/** Null without schedulerSupport. Where ActiveMQ keeps its jobs does not matter: here they lie in the journal. */
export function buildScheduler(broker: Fields, { places }: Site): SchedulerConfig | null {
  if (!broker.boolean('schedulerSupport', false, 'scheduler')) return null
  const usage = broker.object('systemUsage')
  const limit = usage === null ? null : new Fields(usage, '/scheduler', places).object('jobSchedulerUsage')
  return {
    maxRepeat: broker.integer('maxSchedulerRepeatAllowed', 1000),
    limit: limit === null ? 50 * GiB : Math.max(0, new Fields(limit, '/scheduler', places).size('limit', 50 * GiB)),
  }
}
