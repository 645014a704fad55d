const BLOCKS = '▁▂▃▄▅▆▇█'

/** Samples that a series keeps (management UL-07). */
export const SAMPLES_MAX = 60

/** A series with one more sample, the oldest given up. */
export const sampled = (series: readonly (number | null)[], value: number | null): readonly (number | null)[] =>
  [...series, value].slice(-SAMPLES_MAX)

/** What a full block stands for: the highest sample shown, and no less than `least`, so that noise looks like noise. */
export const scaleOf = (series: readonly (number | null)[], width: number, least: number): number =>
  Math.max(least, ...series.slice(-width).map(value => value ?? 0))

/** The last `width` samples as blocks, `top` being a full one; a blank where nothing was measured. */
export function sparkline(series: readonly (number | null)[], width: number, top: number): string {
  const shown = series.slice(-width)
  const blocks = shown.map(value => {
    if (value === null) return ' '
    return BLOCKS[Math.round((value / top) * (BLOCKS.length - 1))] ?? ' '
  })
  return blocks.join('').padEnd(width)
}

/** `[######--------]`: a share of 0 to 1. */
export function gauge(share: number | null, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share ?? 0)) * width)
  return `[${'#'.repeat(full)}${'-'.repeat(width - full)}]`
}
