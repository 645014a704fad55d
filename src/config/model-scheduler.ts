/** The scheduler of `schedulerSupport` (semantics SC-01 … SC-12). */
export interface SchedulerConfig {
  /** maxSchedulerRepeatAllowed. */
  readonly maxRepeat: number
  /** Bytes that waiting messages may take; 0: no limit (jobSchedulerUsage, semantics L-04). */
  readonly limit: number
}
