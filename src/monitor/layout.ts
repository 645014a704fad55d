import { pairWord, placesOf } from './nodes.ts'
import { answers, nameOf, type NodeModel } from './node.ts'
import { shownNodes, type Model } from './model.ts'
import { clock } from './numbers.ts'

export type Mode = 'wide' | 'narrow' | 'tiny' | 'line'

/** How many lines each part of the screen gets (management UL-01). The frame of the table is not counted in `rows`. */
export interface Layout {
  readonly mode: Mode
  readonly banner: string | null
  /** Lines of the panels or of what stands for them. */
  readonly panels: number
  /** Lines of the table, its head aside. */
  readonly rows: number
  /** Lines of connections, alerts and log. */
  readonly bottom: number
}

const WIDE = { width: 110, height: 30 }
const NARROW = { width: 80, height: 24 }
const TINY = { width: 40, height: 12 }

export function layoutOf(model: Model): Layout {
  const { width, height } = model.size
  const fits = (least: { readonly width: number; readonly height: number }): boolean =>
    width >= least.width && height >= least.height
  const banner = bannerOf(model)
  const head = banner === null ? 1 : 2
  if (fits(WIDE)) {
    const bottom = height >= 36 ? 9 : 6
    return { mode: 'wide', banner, panels: 11, bottom, rows: Math.max(1, height - head - 11 - bottom - 1 - 3) }
  }
  if (fits(NARROW)) return { mode: 'narrow', banner, panels: 3, bottom: 2, rows: height - head - 3 - 2 - 1 - 3 }
  // No frame around the table.
  if (fits(TINY)) return { mode: 'tiny', banner, panels: 2, bottom: 1, rows: height - head + 1 - 2 - 1 - 1 - 1 }
  return { mode: 'line', banner, panels: 1, bottom: 0, rows: 0 }
}

/** What nobody may miss, above everything; null: nothing. */
function bannerOf(model: Model): string | null {
  const nodes = shownNodes(model)
  const { active, passive, split } = placesOf(nodes)
  if (split) return `SPLIT: two actives, epochs ${epochs(active, passive)}. Stop the one with the lower epoch.`
  const seen = nodes.filter(node => node.answeredAt !== null)
  const word = pairWord(nodes)
  if (word === 'UNREACHABLE') {
    const last = Math.max(...seen.map(node => node.answeredAt ?? 0))
    const [only] = nodes
    const who = nodes.length === 1 && only !== undefined ? `${nameOf(only)} does not answer` : 'no node answers'
    return `${who} since ${clock(last)}Z: below is what was known then. Try: tandemmq status`
  }
  if (active !== null && answers(active) && active.pair?.state === 'SOLO')
    return `SOLO since ${clock(active.pair.since ?? active.answeredAt ?? 0)}Z: ${nameOf(active)} has no passive, the next failure stops service`
  if (word === 'NO ACTIVE') return 'NO ACTIVE: no node leads, clients are not served'
  return null
}

const epochs = (a: NodeModel | null, b: NodeModel | null): string =>
  `${a?.pair?.epoch ?? '?'} and ${b?.pair?.epoch ?? '?'}`
