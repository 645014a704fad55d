import { readFileSync, readdirSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { Type, beanClass, objectName, type AttributeRow, type ClassTable } from '../management/management.ts'
import type { Desk } from './desk.ts'
import { singleBean } from './single-bean.ts'
import type { BeanSource } from './sources.ts'

type Row = AttributeRow<Desk>

/** What monitors read of a Java process, as far as this one has it (management ON-15). Bytes, ms. */
export function javaBeans(desk: Desk): BeanSource[] {
  return [
    platform(desk, 'Memory', 'sun.management.MemoryImpl', [
      ['HeapMemoryUsage', Type.composite, 'Memory of JavaScript objects.', heap],
      ['NonHeapMemoryUsage', Type.composite, 'All other memory of the process.', nonHeap],
    ]),
    platform(desk, 'Runtime', 'sun.management.RuntimeImpl', [
      ['Uptime', Type.long, 'ms that the process runs.', () => Math.round(performance.now())],
      ['StartTime', Type.long, 'When it began, ms since 1970.', () => Math.round(performance.timeOrigin)],
      ['Name', Type.string, 'Process and host.', () => `${process.pid}@${process.env['HOSTNAME'] ?? 'localhost'}`],
      ['VmName', Type.string, 'What runs the broker.', () => 'Node.js'],
      ['VmVersion', Type.string, 'Its version.', () => process.versions.node],
      ['VmVendor', Type.string, 'Who makes it.', () => 'OpenJS Foundation'],
    ]),
    platform(desk, 'OperatingSystem', 'sun.management.OperatingSystemImpl', [
      ['ProcessCpuLoad', Type.double, 'Share of all processors that the process used lately.', () => cpu.load],
      ['ProcessCpuTime', Type.long, 'ns of processor time that the process used.', () => cpu.micros * 1000],
      ['SystemLoadAverage', Type.double, 'Processes that ran or waited, over a minute.', () => loadavg()[0] ?? 0],
      ['AvailableProcessors', Type.int, 'Processors.', () => availableParallelism()],
      ['OpenFileDescriptorCount', Type.long, 'Files and sockets that are open; -1 not known.', openFiles],
      ['MaxFileDescriptorCount', Type.long, 'Files and sockets that may be open; -1 not known.', () => maxFiles],
    ]),
    platform(desk, 'Threading', 'sun.management.ThreadImpl', [
      ['ThreadCount', Type.int, 'Threads of the process; -1 not known.', threads],
    ]),
  ]
}

function platform(desk: Desk, type: string, className: string, attributes: readonly Row[]): BeanSource {
  const table: ClassTable<Desk> = { className, description: `${type} of this process.`, attributes }
  return singleBean(objectName('java.lang', [['type', type]]), beanClass(table), () => desk)
}

function heap(): object {
  const { heapUsed, heapTotal } = process.memoryUsage()
  return { init: 0, used: heapUsed, committed: heapTotal, max: getHeapStatistics().heap_size_limit }
}

function nonHeap(): object {
  const { rss, heapTotal } = process.memoryUsage()
  const used = Math.max(0, rss - heapTotal)
  return { init: 0, used, committed: used, max: -1 }
}

/** What the process used of its processors between two looks that are at least a second apart. */
class CpuLoad {
  #at = performance.now()
  #micros = total()
  #load = 0

  get micros(): number {
    return total()
  }

  get load(): number {
    const now = performance.now()
    const ms = now - this.#at
    if (ms < 1000) return this.#load
    const micros = total()
    this.#load = Math.min(1, (micros - this.#micros) / 1000 / ms / availableParallelism())
    this.#at = now
    this.#micros = micros
    return this.#load
  }
}

function total(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

const cpu = new CpuLoad()

/** Linux tells in files; elsewhere it is not known. */
function ofProcess<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}

function openFiles(): number {
  return ofProcess(() => readdirSync('/proc/self/fd').length, -1)
}

const maxFiles = ofProcess(() => {
  const [, soft = '-1'] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
  return Number(soft)
}, -1)

function threads(): number {
  return ofProcess(() => {
    const [, count = '-1'] = /^Threads:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? []
    return Number(count)
  }, -1)
}
