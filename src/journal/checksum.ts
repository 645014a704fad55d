import { crc32 } from 'node:zlib'

/**
 * CRC-32 of bytes [from, to) of a buffer's memory, continuing from `seed` (the crc of what came before, 0 for nothing).
 * A plain Uint8Array over the memory costs a third less to create than `Buffer.subarray`, and this runs once per record.
 */
export function checksum(block: Buffer, from: number, to: number, seed: number): number {
  return crc32(new Uint8Array(block.buffer, block.byteOffset + from, to - from), seed)
}
