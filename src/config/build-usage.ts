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
  const usage = broker.object('systemUsage')
  if (usage === null) return { ...noUsage(site), ...oldMemoryManager(broker, site) }
  const fields = new Fields(usage, '/usage', site.places)
  return {
    memoryLimit: memoryLimit(fields.object('memoryUsage'), site),
    storeLimit: diskLimit(fields.object('storeUsage'), 'storeLimit', DEFAULTS.store, dataDirectory, site),
    tempLimit: diskLimit(fields.object('tempUsage'), 'tempLimit', DEFAULTS.temp, dataDirectory, site),
    sendFailIfNoSpace: fields.boolean('sendFailIfNoSpace'),
    sendFailIfNoSpaceAfterTimeout: fields.integer('sendFailIfNoSpaceAfterTimeout'),
  }
}

const noUsage = ({ outer }: Site): UsageConfig => ({
  memoryLimit: Math.min(DEFAULTS.memory, outer.memoryBudget),
  storeLimit: DEFAULTS.store,
  tempLimit: DEFAULTS.temp,
  sendFailIfNoSpace: false,
  sendFailIfNoSpaceAfterTimeout: 0,
})

/** 4.x: `<memoryManager><usageManager limit=…/></memoryManager>`. */
function oldMemoryManager(broker: Fields, site: Site): { memoryLimit?: number } {
  const manager = broker.object('memoryManager')
  return manager === null ? {} : { memoryLimit: memoryLimit(manager, site) }
}

function memoryLimit(node: ObjectNode | null, { outer, findings, places }: Site): number {
  const budget = outer.memoryBudget
  if (node === null) return Math.min(DEFAULTS.memory, budget)
  const fields = new Fields(node, '/usage', places)
  const percent = fields.integer('percentOfJvmHeap', 0, 'memoryLimit')
  if (percent > 0) return Math.floor((budget * percent) / 100)
  if (!fields.has('limit')) return Math.min(DEFAULTS.memory, budget)
  const limit = fields.size('limit', DEFAULTS.memory, 'memoryLimit')
  if (limit > 0 && limit <= budget) return limit
  const lowered = Math.floor(budget * SHARE_OF_BUDGET)
  const message = `the memory limit of ${limit} bytes does not fit the process's budget of ${budget} bytes; it became ${lowered}`
  findings.warn('CONFIG_LIMIT', fields.at('limit'), message, 'give the process more memory, or lower the limit')
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
