/** A seeded generator of numbers in [0, 1): mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** A whole number in [from, to). */
export const between = (random: () => number, from: number, to: number): number =>
  from + Math.floor(random() * (to - from))

/** `TANDEMMQ_SEED` replays a failure; otherwise every run tries another. */
export const freshSeed = (): number => Number(process.env['TANDEMMQ_SEED'] ?? Math.floor(Math.random() * 2 ** 32))
