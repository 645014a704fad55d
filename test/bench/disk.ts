import { closeSync, constants, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** What the disk alone takes for a message, ms. */
export interface BareWrites {
  readonly p50Ms: number
  readonly p99Ms: number
}

/** A message of 1 KiB with its headers, as a journal has it. */
const RECORD_BYTES = 1250
const TIMEOUT = new Int32Array(new SharedArrayBuffer(4))

/**
 * One record each ms, each synced before the next, into blocks that are there already: no broker that syncs before it answers
 * can be faster at 1,000 msg/s, whatever it is written in. Counted from when a record was due, as a receipt is. Blocks the process.
 */
export function bareWrites(directory: string, writes: number): BareWrites {
  const path = join(directory, 'bare-writes')
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC)
  try {
    writeSync(file, Buffer.alloc(writes * RECORD_BYTES))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  const durable = openSync(path, constants.O_WRONLY | constants.O_DSYNC)
  try {
    const record = Buffer.alloc(RECORD_BYTES, 1)
    const took = new Float64Array(writes)
    const began = performance.now()
    for (let i = 0; i < writes; i++) {
      const due = began + i
      for (let wait = due - performance.now(); wait > 0; wait = due - performance.now())
        Atomics.wait(TIMEOUT, 0, 0, wait)
      writeSync(durable, record, 0, RECORD_BYTES, i * RECORD_BYTES)
      took[i] = performance.now() - due
    }
    took.sort()
    const at = (share: number): number => took[Math.floor(writes * share)] ?? 0
    return { p50Ms: at(0.5), p99Ms: at(0.99) }
  } finally {
    closeSync(durable)
    rmSync(path)
  }
}
