import { checksum, type Files, type JournalFile } from '../journal/journal.ts'

/** Read or written at once. */
export const PIECE_BYTES: number = 256 * 1024

/** Runs `work` with the file open. */
export async function using<T>(files: Files, path: string, work: (file: JournalFile) => Promise<T>): Promise<T> {
  const file = await files.open(path)
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}

/** Fills `into` up to `to` bytes from `position`. Rejects when the file ends before. */
export async function readFully(file: JournalFile, into: Buffer, to: number, position: number): Promise<void> {
  for (let at = 0; at < to;) {
    const got = await file.read(into, at, to, position + at)
    if (got === 0) throw new Error('the file is shorter than expected')
    at += got
  }
}

/** CRC-32 of the first `bytes` of the file. */
export async function crcOf(file: JournalFile, bytes: number): Promise<number> {
  const piece = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, Math.max(bytes, 1)))
  let crc = 0
  for (let at = 0; at < bytes;) {
    const length = Math.min(piece.length, bytes - at)
    await readFully(file, piece, length, at)
    crc = checksum(piece, 0, length, crc)
    at += length
  }
  return crc
}

/** Copies `bytes` from `position` of one file to the start of another, which then holds nothing else, synced. Answers their crc. */
export async function copyBytes(from: JournalFile, position: number, bytes: number, to: JournalFile): Promise<number> {
  const piece = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, Math.max(bytes, 1)))
  let crc = 0
  await to.truncate(0)
  for (let at = 0; at < bytes;) {
    const length = Math.min(piece.length, bytes - at)
    await readFully(from, piece, length, position + at)
    await to.write(piece, 0, length, at)
    crc = checksum(piece, 0, length, crc)
    at += length
  }
  await to.sync()
  return crc
}

/** Does the directory hold this name? Asked before `open`, which would create it. */
export const holds = async (files: Files, directory: string, name: string): Promise<boolean> =>
  (await files.list(directory)).includes(name)

export const readText = (files: Files, path: string): Promise<string> =>
  using(files, path, async file => {
    const bytes = Buffer.alloc(await file.size())
    await readFully(file, bytes, bytes.length, 0)
    return bytes.toString('utf8')
  })

/**
 * Replaces a file as a whole: after a crash it holds the old text or the new one, never a mixture. Durable when it
 * resolves. `mode` counts when the file is made.
 */
export async function replaceText(
  files: Files,
  directory: string,
  name: string,
  text: string | Iterable<string>,
  mode?: number,
): Promise<void> {
  const temporary = `${directory}/${name}.new`
  await files.list(directory) // makes it
  const file = await files.open(temporary, mode)
  try {
    // Over what `keepSpare` left there, if it did: that space is ours already.
    let at = 0
    for (const piece of typeof text === 'string' ? [text] : text) {
      const bytes = Buffer.from(piece, 'utf8')
      await file.write(bytes, 0, bytes.length, at)
      at += bytes.length
    }
    await file.truncate(at)
    await file.sync()
  } finally {
    await file.close()
  }
  await files.rename(temporary, `${directory}/${name}`)
  await files.syncDirectory(directory)
}

/**
 * Takes the space of the next `replaceText` of up to `bytes` now, so that a disk that is full by then does not hinder it. A disk
 * that is full already is no error.
 */
export async function keepSpare(
  files: Files,
  directory: string,
  name: string,
  bytes: number,
  mode: number,
): Promise<void> {
  try {
    const file = await files.open(`${directory}/${name}.new`, mode)
    try {
      await file.write(Buffer.alloc(bytes), 0, bytes, 0)
    } finally {
      await file.close()
    }
  } catch {
    // Then the next one may fail, and is tried again.
  }
}
