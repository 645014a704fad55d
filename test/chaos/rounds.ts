import { setTimeout as delay } from 'node:timers/promises'
import { Chronicle } from '../crash/clients.ts'
import { randomFrom } from '../journal/random.ts'
import { startLoad, type Failover } from './failover.ts'
import { drainAndJudge, type Toll } from './judge.ts'
import type { PairNode } from './node.ts'
import type { PairSite } from './pair.ts'
import { Receipts } from './receipts.ts'

/** What a round does to the pair. */
export type Blow =
  | 'kill active'
  | 'kill passive'
  | 'kill both'
  | 'handover'
  | 'pause active'
  | 'pause passive'
  | 'cut link'
  | 'stall link'
  | 'half-close link'
  | 'delay link'

/** Small segments, so that a few seconds fill, empty and remove many of them; the times of the pair are the defaults. */
export const SMALL: { readonly segment: string } = { segment: '256kb' }
/** Receipts before each blow: the pair is under load, and every kind of client has been at work. */
const BEFORE = 150

const LINE_MS = 40

/** A pair under load that is struck, and heals, over and over. */
export class Rounds {
  readonly site: PairSite
  readonly receipts: Receipts
  readonly #chronicle: Chronicle
  readonly #load: readonly Failover[]

  /** The pair is in sync. `producers`: of the load, besides five consumers. */
  constructor(site: PairSite, seed: number, producers: number = 3) {
    this.site = site
    this.#chronicle = new Chronicle(randomFrom(seed))
    this.receipts = new Receipts(this.#chronicle)
    this.#load = startLoad(site.ports, this.#chronicle, producers)
  }

  /** Strikes once, waits until the pair is in sync again, and answers how long clients had no receipt, in ms. */
  async strike(blow: Blow, pauseMs = 300): Promise<number> {
    const { site, receipts } = this
    await receipts.more(BEFORE)
    const active = await site.settled()
    receipts.restart()
    const outageMs = await this.#struck(blow, active, pauseMs)
    return outageMs ?? receipts.longestMs
  }

  /**
   * Kills the active and waits for the first receipts of the other, which nobody follows then. `unheard`: of what the
   * active said last nothing reaches its twin, so that receipts which did not wait for it are found out.
   */
  async replaceActive(unheard = false): Promise<void> {
    const { link } = this.site
    await this.receipts.more(BEFORE)
    const active = await this.site.settled()
    if (unheard) link?.stall('back')
    if (unheard) await this.receipts.more(20)
    const struckAt = performance.now()
    await active.kill()
    if (unheard) link?.cut()
    await this.receipts.ofConnectionAfter(struckAt)
  }

  /** Ends the load, drains whoever is active, and judges what clients saw. */
  async judgeActive(): Promise<Toll> {
    await Promise.all(this.#load.map(client => client.stop()))
    const { port } = await this.site.active()
    return drainAndJudge(this.#chronicle, port, async () => port)
  }

  /** Ends the load, drains what is left, judges everything, and compares the stores of both nodes. */
  async finish(): Promise<Toll> {
    const { site } = this
    await Promise.all(this.#load.map(client => client.stop()))
    const active = await site.settled()
    const toll = await drainAndJudge(this.#chronicle, active.port, async () => {
      await active.kill()
      const heir = site.other(active)
      await heir.serves()
      return heir.port
    })
    active.start()
    await site.inSync(site.other(active))
    await site.killAndVerify()
    return toll
  }

  /** Answers the outage where it must be taken before the pair has healed. */
  async #struck(blow: Blow, active: PairNode, pauseMs: number): Promise<number | undefined> {
    const passive = this.site.other(active)
    switch (blow) {
      case 'kill active':
        return this.#replaced(active, passive, () => active.kill())
      case 'handover':
        return this.#replaced(active, passive, async () => {
          const { code, signal } = await active.stop()
          if (code !== 0) throw new Error(`the active ended its handover with ${code ?? signal}:\n${this.site.logs()}`)
        })
      case 'kill both':
        return this.#bothKilled(active, passive)
      case 'kill passive':
        await passive.kill()
        await this.receipts.more(BEFORE)
        passive.start()
        await this.site.inSync(active)
        return undefined
      case 'pause active':
      case 'pause passive':
        return this.#paused(blow === 'pause active' ? active : passive, pauseMs)
      case 'cut link':
      case 'stall link':
      case 'half-close link':
      case 'delay link':
        return this.#lineFailed(blow, active, pauseMs)
      default:
        return blow satisfies never
    }
  }

  /** The passive takes over; whoever led comes back with its file unchanged and becomes the passive. */
  async #replaced(active: PairNode, passive: PairNode, end: () => Promise<void>): Promise<number> {
    const { link } = this.site
    const struckAt = performance.now()
    link?.refuse()
    await end()
    link?.mirror()
    await this.receipts.ofConnectionAfter(struckAt)
    const { longestMs } = this.receipts
    active.start()
    await this.site.inSync(passive)
    return longestMs
  }

  async #bothKilled(active: PairNode, passive: PairNode): Promise<number> {
    const struckAt = performance.now()
    await Promise.all([active.kill(), passive.kill()])
    active.start()
    passive.start()
    await this.receipts.ofConnectionAfter(struckAt)
    await this.site.settled()
    return this.receipts.longestMs
  }

  async #paused(node: PairNode, pauseMs: number): Promise<undefined> {
    node.pause()
    await delay(pauseMs)
    node.resume()
    await this.#healed()
  }

  async #lineFailed(blow: Blow, active: PairNode, pauseMs: number): Promise<undefined> {
    const { link, one } = this.site
    if (link === null || active !== one) throw new Error('the link is a proxy only while the first node leads')
    if (blow === 'cut link') link.cut()
    else if (blow === 'stall link') link.stall()
    // Each byte late by as much as a far machine is away.
    else if (blow === 'delay link') link.delay(LINE_MS)
    else link.halfClose('forth')
    await delay(pauseMs)
    link.resume()
    await this.#healed()
  }

  async #healed(): Promise<undefined> {
    await this.receipts.more(BEFORE)
    await this.site.settled()
  }
}
