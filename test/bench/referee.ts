import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { outputOf } from './measure.ts'
import { toArguments } from './options.ts'
import type { LoadOptions } from './options.ts'

/** What the independent generator measured, in our words. */
export interface RefereeResult {
  readonly ok: boolean
  /** Messages per second until all was confirmed and delivered. */
  readonly perS: number
  readonly receiptP99Ms: number
}

/** Runs one load with the independent generator. */
export type Referee = (options: Partial<LoadOptions>) => Promise<RefereeResult>

/** Builds the referee; or says why there is none. */
export function buildReferee(source: string, scratch: string): Referee | { readonly absent: string } {
  if (!existsSync(source)) return { absent: `no ${source}` }
  const program = join(scratch, 'referee')
  const built = spawnSync('g++', ['-O2', '-std=c++20', '-o', program, source], { encoding: 'utf8' })
  if (built.status !== 0) return { absent: `g++ could not build it: ${built.error?.message ?? built.stderr.trim()}` }
  return async options => {
    // It knows no options of ours, and compiled code needs no warming up.
    const { subscribeHeaders: _, unmeasured: __, ...known } = options
    const said = JSON.parse(await outputOf(program, [...toArguments(known), '--quiet'])) as {
      ok: boolean
      messages: number
      received: number
      send_per_s: number
      receive_per_s: number
      receipt_us: { p99: number }
    }
    // it counts deliveries per second: eight for each message of a topic with eight subscribers
    const copies = said.received / said.messages
    const receivePerS = copies > 0 ? said.receive_per_s / copies : Infinity
    return { ok: said.ok, perS: Math.min(said.send_per_s, receivePerS), receiptP99Ms: said.receipt_us.p99 / 1000 }
  }
}
