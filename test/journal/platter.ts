/** How the unsynced part of each file fares when the power goes; see `FaultyFiles.crash`. */
export type Loss = 'prefix' | 'sectors'

type Write = { readonly position: number; readonly bytes: Buffer }
type Change = Write | { readonly size: number }

const isWrite = (change: Change): change is Write => 'bytes' in change

/** A file's content as programs see it, and as the platter has it. */
export class Inode {
  bytes: Buffer = Buffer.alloc(0)
  durable: Buffer = Buffer.alloc(0)
  unsynced: Change[] = []

  change(change: Change): void {
    this.bytes = apply(this.bytes, change)
    this.unsynced.push(change)
  }

  copy(): Inode {
    const copy = new Inode()
    copy.bytes = this.bytes
    copy.durable = this.durable
    copy.unsynced = [...this.unsynced]
    return copy
  }

  sync(): void {
    this.durable = this.bytes
    this.unsynced = []
  }

  /** What was written last is on the platter; what was written before it may still be lost. */
  syncLast(): void {
    const last = this.unsynced.pop()
    if (last === undefined) return
    this.durable = apply(this.durable, last)
    // What it was written over is gone, and comes back by no late write.
    if (!isWrite(last)) return
    const left: Change[] = []
    for (const change of this.unsynced) {
      if (isWrite(change)) left.push(...without(change, last))
      else left.push(change)
    }
    this.unsynced = left
  }

  /** What a power cut leaves. */
  survivor(random: () => number, loss: Loss): Buffer {
    if (this.unsynced.length === 0) return this.durable
    return loss === 'prefix' ? firstOnes(this, random) : anySectors(this, random)
  }
}

function apply(bytes: Buffer, change: Change): Buffer {
  const size = isWrite(change) ? Math.max(bytes.length, change.position + change.bytes.length) : change.size
  const next = Buffer.alloc(size)
  bytes.copy(next, 0, 0, Math.min(size, bytes.length))
  if (isWrite(change)) change.bytes.copy(next, change.position)
  return next
}

/** What of a write lies beside another. */
function without({ position, bytes }: Write, over: Write): Write[] {
  const [from, to] = [over.position - position, over.position + over.bytes.length - position]
  if (from >= bytes.length || to <= 0) return [{ position, bytes }]
  const before = { position, bytes: bytes.subarray(0, Math.max(0, from)) }
  const behind = { position: position + Math.min(to, bytes.length), bytes: bytes.subarray(Math.min(to, bytes.length)) }
  return [before, behind].filter(part => part.bytes.length > 0)
}

/** The first changes survive, the last of these in part. */
function firstOnes({ durable, unsynced }: Inode, random: () => number): Buffer {
  let bytes: Buffer = durable
  const kept = Math.floor(random() * (unsynced.length + 1))
  for (const change of unsynced.slice(0, kept)) bytes = apply(bytes, change)
  const torn = unsynced[kept]
  if (torn === undefined || !isWrite(torn)) return bytes
  return apply(bytes, { position: torn.position, bytes: torn.bytes.subarray(0, random() * torn.bytes.length) })
}

/**
 * What a journaling file system may leave: its log tells which of the truncations took place and how long the file is, of
 * the sectors any were written. A sector that reached the platter holds all that was written to it until then, so of its
 * changes the first ones; one that did not, within the length, reads as before or as zeros.
 */
function anySectors({ durable, unsynced }: Inode, random: () => number): Buffer {
  const truncations = unsynced.flatMap((change, i) => (isWrite(change) ? [] : [i]))
  const done = Math.floor(random() * (truncations.length + 1))
  const from = done === 0 ? 0 : truncations[done - 1]! + 1
  const to = truncations[done] ?? unsynced.length
  const sectorBytes = random() < 0.5 ? 512 : 4096
  let content: Buffer = durable
  let size = durable.length
  let parts: Write[] = []
  for (const change of unsynced.slice(0, from)) {
    if (isWrite(change)) parts.push(change)
    else {
      parts = parts.map(part => clipped(part, change.size))
      content = apply(content, change)
      size = change.size
    }
  }
  const sizes = [size]
  for (const change of unsynced.slice(from, to)) {
    if (!isWrite(change)) continue
    parts.push(change)
    sizes.push(Math.max(sizes.at(-1)!, change.position + change.bytes.length))
  }
  size = sizes[Math.floor(random() * sizes.length)]!
  const longest = apply(content, { size: Math.max(content.length, sizes.at(-1)!) })
  writeSectors(longest, parts, sectorBytes, random)
  return apply(longest.subarray(0, size), { size })
}

const clipped = ({ position, bytes }: Write, size: number): Write => ({
  position,
  bytes: bytes.subarray(0, Math.max(0, size - position)),
})

function writeSectors(into: Buffer, writes: readonly Write[], sectorBytes: number, random: () => number): void {
  const bySector = new Map<number, Write[]>()
  for (const { position, bytes } of writes) {
    for (let at = 0; at < bytes.length;) {
      const sector = Math.floor((position + at) / sectorBytes)
      const length = Math.min((sector + 1) * sectorBytes - position - at, bytes.length - at)
      const part = { position: position + at, bytes: bytes.subarray(at, at + length) }
      const parts = bySector.get(sector)
      if (parts === undefined) bySector.set(sector, [part])
      else parts.push(part)
      at += length
    }
  }
  // Now and then most are there, or few: a single hole is another thing than many.
  const style = Math.floor(random() * 4)
  const share = style < 2 ? null : style === 2 ? 0.1 : 0.9
  for (const parts of bySector.values()) {
    const all = share === null ? 0 : random() < share ? 1 : 2
    const kept = all === 1 ? parts.length : all === 2 && share === 0.1 ? 0 : Math.floor(random() * (parts.length + 1))
    for (const part of parts.slice(0, kept)) part.bytes.copy(into, part.position)
  }
}

/** A change of names that happens as a whole. `inode` null: the name goes. */
type Renaming = readonly (readonly [path: string, inode: Inode | null])[]

const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))

/** The names of files as programs see them, and as the platter has them. */
export class Names {
  readonly now: Map<string, Inode> = new Map<string, Inode>()
  readonly durable: Map<string, Inode> = new Map<string, Inode>()
  #unsynced: Renaming[] = []

  change(...renaming: Renaming): void {
    this.#unsynced.push(renaming)
    carryOut(this.now, renaming)
  }

  /** What happened to names in the directory is on the platter, and all that it depends on. */
  sync(directory: string): void {
    const needed = new Set<string>()
    const left: Renaming[] = []
    const done: Renaming[] = []
    for (const renaming of this.#unsynced.toReversed()) {
      if (renaming.some(([path]) => directoryOf(path) === directory || needed.has(path))) {
        for (const [path] of renaming) needed.add(path)
        done.push(renaming)
      } else left.push(renaming)
    }
    for (const renaming of done.toReversed()) carryOut(this.durable, renaming)
    this.#unsynced = left.toReversed()
  }

  /** What a power cut leaves: any of the changes that were not synced took place, those of one name in their order. */
  survivors(random: () => number): Map<string, Inode> {
    const left = new Map(this.durable)
    const lossStyle = random()
    const lost = lossStyle < 0.25 ? 1 : lossStyle < 0.5 ? 0.5 : lossStyle < 0.75 ? 0.15 : 0
    const stuck = new Set<string>()
    for (const renaming of this.#unsynced) {
      const happened = random() >= lost && !renaming.some(([path]) => stuck.has(path))
      if (happened) carryOut(left, renaming)
      else for (const [path] of renaming) stuck.add(path)
    }
    return left
  }

  /** The same, with files of their own. */
  copy(): Names {
    const copies = new Map<Inode, Inode>()
    const copyOf = (inode: Inode): Inode => {
      const copy = copies.get(inode) ?? inode.copy()
      copies.set(inode, copy)
      return copy
    }
    const copy = new Names()
    for (const [path, inode] of this.now) copy.now.set(path, copyOf(inode))
    for (const [path, inode] of this.durable) copy.durable.set(path, copyOf(inode))
    copy.#unsynced = this.#unsynced.map(renaming =>
      renaming.map(([path, inode]) => [path, inode === null ? null : copyOf(inode)] as const),
    )
    return copy
  }
}

function carryOut(names: Map<string, Inode>, renaming: Renaming): void {
  for (const [path, inode] of renaming) {
    if (inode === null) names.delete(path)
    else names.set(path, inode)
  }
}
