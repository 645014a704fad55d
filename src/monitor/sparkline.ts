const BLOCKS = '▁▂▃▄▅▆▇█'

/** Samples that a series keeps (management UL-07). */
export const SAMPLES_MAX = 60

/** A series with one more sample, the oldest given up. */
export const sampled = (series: readonly (number | null)[], value: number | null): readonly (number | null)[] =>
  [...series, value].slice(-SAMPLES_MAX)

/** The last `width` samples as blocks, the highest of them full; a blank where nothing was measured. */
export function sparkline(series: readonly (number | null)[], width: number): string {
  const shown = series.slice(-width)
  const top = Math.max(0, ...shown.map(value => value ?? 0))
  const blocks = shown.map(value => {
    if (value === null) return ' '
    const step = top === 0 ? 0 : Math.round((value / top) * (BLOCKS.length - 1))
    return BLOCKS[step] ?? ' '
  })
  return blocks.join('').padEnd(width)
}

/** `[######--------]`: a share of 0 to 1. */
export function gauge(share: number | null, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share ?? 0)) * width)
  return `[${'#'.repeat(full)}${'-'.repeat(width - full)}]`
}
