import type { Site } from './site.ts'
import { Fields } from './fields.ts'
import type { IoExceptionHandlerConfig, UsageConfig } from './model.ts'
import type { ObjectNode } from './node.ts'

const GiB = 1024 ** 3
/** semantics L-01 to L-03. */
const DEFAULTS = { memory: GiB, store: 100 * GiB, temp: 50 * GiB } as const
/** ActiveMQ's own fallback when a limit does not fit into the heap (semantics L-01). */
const SHARE_OF_BUDGET = 0.7

export function buildUsage(broker: Fields, dataDirectory: string, site: Site): UsageConfig {
  const adjust = broker.boolean('adjustUsageLimits', true, 'usage/adjust')
  const usage = broker.object('systemUsage')
  const fields = usage === null ? null : new Fields(usage, '/usage', site.places)
  const [memory, store, temp] = ['memoryUsage', 'storeUsage', 'tempUsage'].map(slot => fields?.object(slot) ?? null)
  const manager = usage === null ? broker.object('memoryManager') : null
  return {
    // 4.x: `<memoryManager><usageManager limit=…/></memoryManager>`.
    memoryLimit: producersShare(broker, memoryLimit(memory ?? manager, adjust, site)),
    storeLimit: diskLimit(store ?? null, 'storeLimit', DEFAULTS.store, dataDirectory, site),
    tempLimit: diskLimit(temp ?? null, 'tempLimit', DEFAULTS.temp, dataDirectory, site),
    storePercent: percentOf(store ?? null, 'storePercent', site),
    tempPercent: percentOf(temp ?? null, 'tempPercent', site),
    storeGiven: store !== null,
    tempGiven: temp !== null,
    adjust,
    diskCheckPeriod: broker.integer('schedulePeriodForDiskUsageCheck', 0, 'usage/diskCheckPeriod'),
    diskRegrowThreshold: broker.size('diskUsageCheckRegrowThreshold', -1, 'usage/diskRegrowThreshold'),
    sendFailIfNoSpace: fields?.boolean('sendFailIfNoSpace') ?? false,
    sendFailIfNoSpaceAfterTimeout: fields?.integer('sendFailIfNoSpaceAfterTimeout') ?? 0,
  }
}

/** Senders are held back at their part of the limit, when it is divided (semantics L-08). */
function producersShare(broker: Fields, limit: number): number {
  if (!broker.boolean('splitSystemUsageForProducersConsumers')) return limit
  return Math.floor((limit * broker.integer('producerSystemUsagePortion', 60, 'usage/memoryLimit')) / 100)
}

function percentOf(node: ObjectNode | null, field: string, { places }: Site): number {
  if (node === null) return 0
  const fields = new Fields(node, '/usage', places)
  return fields.size('total') > 0 ? 0 : Math.max(0, fields.integer('percentLimit', 0, field))
}

function memoryLimit(node: ObjectNode | null, adjust: boolean, { outer, findings, places }: Site): number {
  const budget = outer.memoryBudget
  if (node === null) return Math.min(DEFAULTS.memory, budget)
  const fields = new Fields(node, '/usage', places)
  const percent = fields.integer('percentOfJvmHeap', 0, 'memoryLimit')
  if (percent <= 0 && !fields.has('limit')) return Math.min(DEFAULTS.memory, budget)
  const word = percent > 0 ? 'percentOfJvmHeap' : 'limit'
  const limit =
    percent > 0 ? Math.floor((budget * percent) / 100) : fields.size('limit', DEFAULTS.memory, 'memoryLimit')
  if (limit > 0 && limit <= budget) return limit
  const lowered = Math.floor(budget * SHARE_OF_BUDGET)
  const misfit = `the memory limit of ${limit} bytes does not fit the process's budget of ${budget} bytes`
  const hint = 'give the process more memory, or lower the limit'
  if (adjust) findings.warn('CONFIG_LIMIT', fields.at(word), `${misfit}; it became ${lowered}`, hint)
  else findings.error('CONFIG_LIMIT', fields.at(word), `${misfit}, and adjustUsageLimits="false"`, hint)
  return lowered
}

function diskLimit(node: ObjectNode | null, field: string, otherwise: number, directory: string, site: Site): number {
  if (node === null) return otherwise
  const fields = new Fields(node, '/usage', site.places)
  const percent = fields.integer('percentLimit', 0, field)
  if (percent <= 0 && !fields.has('limit')) return otherwise
  if (percent <= 0) {
    const limit = Math.max(0, fields.size('limit', otherwise, field))
    const size = site.outer.sources.diskSize(directory)
    if (size !== null && limit > size) {
      const message = `the ${field} of ${limit} bytes is larger than the disk of ${size} bytes that holds ${directory}`
      site.findings.warn('CONFIG_LIMIT', fields.at('limit'), message, 'the disk fills up first; lower the limit')
    }
    return limit
  }
  const total = fields.size('total') > 0 ? fields.size('total') : site.outer.sources.diskSize(directory)
  if (total !== null) return Math.floor((total * percent) / 100)
  const message = 'the size of the file system is unknown, so percentLimit cannot be applied'
  site.findings.warn('CONFIG_LIMIT', fields.at('percentLimit'), message, 'write limit="…" in gb')
  return otherwise
}

/** semantics LC-11. */
export function buildIoExceptionHandler(node: ObjectNode | null, { places }: Site): IoExceptionHandlerConfig {
  const configured = node?.name === 'defaultIOExceptionHandler'
  if (node === null || !configured)
    return {
      ignoreAllErrors: false,
      ignoreNoSpaceErrors: true,
      noSpaceMessage: 'space',
      stopStartConnectors: false,
      resumeCheckSleepPeriod: 5000,
      configured: false,
    }
  const fields = new Fields(node, '/ioExceptionHandler', places)
  return {
    ignoreAllErrors: fields.boolean('ignoreAllErrors'),
    ignoreNoSpaceErrors: fields.boolean('ignoreNoSpaceErrors', true),
    noSpaceMessage: fields.text('noSpaceMessage') ?? 'space',
    stopStartConnectors: fields.boolean('stopStartConnectors'),
    resumeCheckSleepPeriod: fields.integer('resumeCheckSleepPeriod', 5000),
    configured,
  }
}
