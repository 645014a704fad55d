/** An output of this many bytes is sent at once instead of at the end of the turn: most of a block. */
export const earlyFlushBytes: number = 48 * 1024
/** Bytes of an unfinished frame that a client may send before CONNECT: 11 MiB, what the header limits allow (S-LIM-02, 03). */
export const beforeConnectBytesMax: number = 11 * 1024 * 1024
