import { once } from 'node:events'

/** Bytes that may wait in this process for who reads its answer. */
const WAITING_MAX = 1 << 20

/** Resolves when whoever reads stdout has taken most of what was printed: for answers that do not fit into memory. */
export async function drained(): Promise<void> {
  if (process.stdout.writableLength > WAITING_MAX) await once(process.stdout, 'drain')
}
