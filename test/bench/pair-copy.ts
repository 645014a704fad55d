import { fork } from 'node:child_process'
import { closeSync, fsyncSync, openSync, readdirSync, statSync, writeSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PairSite } from '../chaos/pair.ts'
import { fill } from './pair-load.ts'

const SENDER = fileURLToPath(new URL('./pair-sender.js', import.meta.url))
const MB = 1e6

const journalBytes = (directory: string): number =>
  readdirSync(directory)
    .filter(name => name.endsWith('.journal'))
    .reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)

/** MB/s at which a late passive takes over what the running active holds, until it is in sync; and how much that was. */
export async function catchUp(site: PairSite): Promise<{ perS: number; megabytes: number }> {
  const { position } = await site.one.until('active')
  site.two.start()
  await site.two.until('SYNCING')
  const startedAt = performance.now()
  await site.inSync(site.one)
  const seconds = (performance.now() - startedAt) / 1000
  return { perS: position / MB / seconds, megabytes: position / MB }
}

/**
 * The null copier: the same journal files through a loopback socket from one process to another, written and synced once.
 * What a copy can cost at least on this machine, in MB/s.
 */
export async function nullCopy(directory: string, target: string): Promise<number> {
  const bytes = journalBytes(directory)
  const file = openSync(target, 'w')
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const startedAt = performance.now()
  const sender = fork(SENDER, [directory, String((server.address() as AddressInfo).port)])
  let started = startedAt
  await new Promise<void>((resolve, reject) => {
    sender.once('error', reject)
    server.once('connection', socket => {
      // The sender's start is no part of a copy.
      started = performance.now()
      socket.on('data', chunk => void writeSync(file, chunk))
      socket.on('end', resolve)
      socket.on('error', reject)
    })
  })
  fsyncSync(file)
  const seconds = (performance.now() - started) / 1000
  closeSync(file)
  server.close()
  return bytes / MB / seconds
}

/** Bytes shipped to a passive that was away for so many messages, for each byte that it missed. */
export async function missedShare(site: PairSite, messages: number): Promise<number> {
  const { link } = site
  if (link === null) throw new Error('the line between the nodes must be a proxy')
  const before = (await site.one.until('PAIRED')).position
  await site.two.kill()
  await fill(site.one.port, messages)
  const { position } = await site.one.until('active')
  const sent = link.bytes.back
  site.two.start()
  await site.inSync(site.one)
  return (link.bytes.back - sent) / (position - before)
}
