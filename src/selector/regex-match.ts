import { spend } from './effort.ts'

/** Whether an assertion such as `^` holds before the unit at `at`. */
export type Holds = (text: string, at: number) => boolean
export interface Accepts {
  (codePoint: number): boolean
  /** What asking costs beyond one step: a class asks each of its members. */
  readonly steps?: number
}

export type Instruction =
  | { readonly op: 'char'; readonly accepts: Accepts }
  | { readonly op: 'assert'; readonly holds: Holds }
  /** Goes on at both places, preferring the first. */
  | { readonly op: 'split'; readonly first: number; readonly second: number }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'match' }

export interface Regex {
  readonly program: readonly Instruction[]
  readonly groups: number
  readonly names: ReadonlyMap<string, number>
  /** Whether `find` finds the places Java finds. */
  readonly exact: boolean
}

/** Start and end of the match, then of each group; -1 for a group that took no part. */
export type Span = readonly number[]

/**
 * Searches without backtracking: all ways through the program are walked side by side, one character at a time (Pike's
 * machine). A search costs at most text times program, whatever the pattern, and every state visited is paid for.
 */
export function test(regex: Regex, text: string): boolean {
  return search(regex, text, 0, false) !== null
}

/** The first match that starts at `from` or later, the one a backtracking matcher would find. */
export function find(regex: Regex, text: string, from: number): Span | null {
  return search(regex, text, from, true)
}

/** One way through the program: where it stands, and what it has saved. */
interface Thread {
  readonly at: number
  readonly saved: Span
}

function search(regex: Regex, text: string, from: number, first: boolean): Span | null {
  const nothing: Span = first ? Array.from({ length: 2 * regex.groups + 2 }, () => -1) : []
  const walk = new Walk(regex.program, text, first)
  let threads: Thread[] = []
  let found: Span | null = null
  for (let at = from; ;) {
    if (found === null) walk.add(threads, { at: 0, saved: nothing }, at)
    if (threads.length === 0 && found !== null) return found
    const codePoint = at < text.length ? (text.codePointAt(at) ?? -1) : -1
    const width = codePoint > 0xffff ? 2 : 1
    const next: Thread[] = []
    walk.clear()
    for (const thread of threads) {
      const instruction = regex.program[thread.at]
      if (instruction?.op === 'match') {
        found = thread.saved
        if (!first) return found
        // Whatever comes later in the list is less preferred.
        break
      }
      if (instruction?.op !== 'char' || codePoint < 0) continue
      spend(instruction.accepts.steps ?? 0)
      if (instruction.accepts(codePoint)) walk.add(next, { at: thread.at + 1, saved: thread.saved }, at + width)
    }
    if (codePoint < 0) return found
    threads = next
    at += width
  }
}

/** Follows everything that takes no character, each instruction once for each place of the text. */
class Walk {
  readonly #program: readonly Instruction[]
  readonly #text: string
  readonly #saves: boolean
  readonly #seen: Uint8Array

  constructor(program: readonly Instruction[], text: string, saves: boolean) {
    this.#program = program
    this.#text = text
    this.#saves = saves
    this.#seen = new Uint8Array(program.length)
  }

  clear(): void {
    this.#seen.fill(0)
  }

  add(threads: Thread[], start: Thread, at: number): void {
    const todo = [start]
    for (let thread = todo.pop(); thread !== undefined; thread = todo.pop()) {
      spend(1)
      const { at: place, saved } = thread
      if (this.#seen[place] === 1) continue
      this.#seen[place] = 1
      const instruction = this.#program[place]
      switch (instruction?.op) {
        case 'jump':
          todo.push({ at: instruction.to, saved })
          break
        case 'split':
          todo.push({ at: instruction.second, saved }, { at: instruction.first, saved })
          break
        case 'save':
          if (this.#saves) spend(saved.length >> 3)
          todo.push({ at: place + 1, saved: this.#saves ? saved.with(instruction.slot, at) : saved })
          break
        case 'assert':
          if (instruction.holds(this.#text, at)) todo.push({ at: place + 1, saved })
          break
        case 'char':
        case 'match':
          threads.push(thread)
          break
        case undefined:
          break
        default:
          instruction satisfies never
      }
    }
  }
}
