import test from 'ava'
import type { TandemError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import { openFilesMax, tellLimits } from '../../src/cli/process-limits.ts'
import { SyncTimes } from '../../src/server/disk-speed.ts'
import { networkFileSystem, refuseNetworkDisk } from '../../src/server/network-disk.ts'
import { VirtualClock } from '../journal/virtual-clock.ts'
import type { IoExceptionHandlerConfig } from '../../src/config/config.ts'
import { answerWriteFailure, saveWhenPossible } from '../../src/server/disk-watch.ts'

const handler: IoExceptionHandlerConfig = {
  ignoreAllErrors: false,
  ignoreNoSpaceErrors: true,
  noSpaceMessage: 'space',
  stopStartConnectors: false,
  resumeCheckSleepPeriod: 70,
  configured: true,
}
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
const answer = (error: Error, more: Partial<IoExceptionHandlerConfig> = {}): 'stop' | number =>
  answerWriteFailure({ ...handler, ...more }, error, false, quiet)

const full = Object.assign(new Error('no room'), { code: 'ENOSPC' })
const broken = Object.assign(new Error('bad sector'), { code: 'EIO' })

test('LC-11: a full disk is tried again after resumeCheckSleepPeriod, unless ignoreNoSpaceErrors is false', t => {
  t.is(answer(full), 70)
  t.is(answer(full, { ignoreNoSpaceErrors: false }), 'stop')
})

test('LC-11: what the pair shall remember is tried again as well, and only when the journal would be', async t => {
  const said: string[] = []
  const events = {
    writeFailed: (error: Error): 'stop' | number => {
      said.push(error.message)
      return answer(error, { resumeCheckSleepPeriod: 1 })
    },
    writeResumed: () => void said.push('resumed'),
  }
  let tries = 0
  const saveFailing = (cause: Error) => async (): Promise<void> => {
    if (++tries < 3) throw new Error('the file cannot be written', { cause })
  }
  await saveWhenPossible(saveFailing(full), events)
  t.deepEqual(said, ['no room', 'no room', 'resumed'])
  tries = 0
  await t.throwsAsync(saveWhenPossible(saveFailing(broken), events), { message: 'the file cannot be written' })
  t.is(tries, 1)
})

test('LC-11: another error stops the broker, unless ignoreAllErrors or stopStartConnectors says to go on', t => {
  t.is(answer(broken), 'stop')
  t.is(answer(broken, { ignoreAllErrors: true }), 70)
  t.is(answer(broken, { stopStartConnectors: true }), 70)
})

test('LC-11: noSpaceMessage says which texts mean a full disk', t => {
  const quota = new Error('quota exceeded')
  t.is(answer(quota), 'stop')
  t.is(answer(quota, { noSpaceMessage: 'quota' }), 70)
})

test('D-12: a data directory on a network file system is refused, unless told', t => {
  const nfs = (path: string): number => {
    if (path !== '/mnt') throw new Error('not there yet')
    return 0x6969
  }
  t.is(networkFileSystem('/mnt/new/KahaDB', nfs), 'NFS', 'of the first parent that is there')
  t.is(
    networkFileSystem('/mnt', () => -0x1acb2be), // 0xfe534d42, as a signed number
    'SMB',
  )
  t.is(
    networkFileSystem('/mnt', () => 0xef53),
    null,
    'ext4',
  )
  t.is(networkFileSystem('/tmp'), null)
  const at = { file: 'activemq.xml', line: 7, column: 3 }
  const config = { store: { kind: 'journal', directory: '/mnt/KahaDB', at }, overrides: {} } as never
  const lines: string[] = []
  const log = { ...silentLog, warn: (text: string) => void lines.push(text) }
  const error = t.throws<TandemError>(() => refuseNetworkDisk(config, log, () => 'NFS'))
  t.is(error.code, 'STORE_NETWORK_DISK')
  t.regex(error.message, /\/mnt\/KahaDB lies on a network file system \(NFS\)/)
  t.regex(error.hint ?? '', /-Dtandemmq\.networkStore=true/)
  const told = { ...(config as object), overrides: { networkStore: 'true' } } as never
  t.notThrows(() => refuseNetworkDisk(told, log, () => 'NFS'))
  t.is(lines.length, 1)
  t.notThrows(() => refuseNetworkDisk(config, log, () => null))
})

test('D-12: a disk whose syncs take long is told of, once an hour; one that is slow now and then is not', t => {
  const lines: string[] = []
  const clock = new VirtualClock()
  const times = new SyncTimes({ ...silentLog, warn: text => void lines.push(text) }, clock, '/data')
  const syncs = (count: number, ms: number): void => {
    for (let n = 0; n < count; n++) times.add(ms)
  }
  syncs(198, 2)
  syncs(2, 500)
  t.deepEqual(lines, [], 'two in two hundred')
  syncs(150, 4)
  syncs(50, 35)
  t.is(lines.length, 1)
  t.regex(
    lines[0] ?? '',
    /the disk of \/data is slow: of 200 syncs one in a hundred took 35 ms or longer, one in two 4\.0 ms/,
  )
  syncs(1000, 35)
  t.is(lines.length, 1)
  clock.advance(3_600_000)
  syncs(200, 35)
  t.is(lines.length, 2)
})

test('D-12: the limits in effect are told once, and too few open files are a warning with a next step', t => {
  t.is(
    openFilesMax(
      () =>
        'Limit   Soft Limit   Hard Limit   Units\nMax open files            1024                 4096                 files\n',
    ),
    1024,
  )
  t.is(
    openFilesMax(() => 'Max open files            unlimited            unlimited            files\n'),
    null,
  )
  t.is(
    openFilesMax(() => {
      throw new Error('no /proc')
    }),
    null,
  )
  const lines: string[] = []
  const log = {
    ...silentLog,
    info: (text: string) => void lines.push(text),
    warn: (text: string) => void lines.push(text),
  }
  const usage = { memoryLimit: 734_003_200, storeLimit: 0, tempLimit: 50_000_000_000 }
  const config = { usage, connectors: [{ maximumConnections: 1000 }, { maximumConnections: 500 }] } as never
  tellLimits(config, log, 65_536)
  t.deepEqual(lines, ['limits: memory 734 MB, store no limit, temp 50 GB, 1500 connections, 65536 open files'])
  tellLimits({ usage, connectors: [{ maximumConnections: 2 ** 31 - 1 }] } as never, log, null)
  t.regex(lines[1] ?? '', /any number of connections, any number of open files$/)
  tellLimits(config, log, 1024)
  t.regex(lines[3] ?? '', /may have 1024 files and connections open at once/)
})
