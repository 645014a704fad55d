import test from 'ava'
import type { IoExceptionHandlerConfig } from '../../src/config/config.ts'
import { answerWriteFailure } from '../../src/server/disk-watch.ts'

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
