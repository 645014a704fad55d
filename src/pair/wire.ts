/** CRC-32 of bytes [from, to) of a buffer, continuing from `seed`; 0 for nothing before it. */
export type Checksum = (block: Buffer, from: number, to: number, seed: number) => number
