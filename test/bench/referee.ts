import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
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

/**
 * For each frame it looks for a blank line that ends in CRLF, and where frames end in LF that search runs through all that
 * was received: two thirds of its time at 60,000 messages a second, which is then the most it can measure.
 */
const UNBOUNDED = 'size_t crlf = c.in.find("\\n\\r\\n", start);'
const BOUNDED =
  'size_t crlf = std::string_view(c.in).substr(0, hend == std::string::npos ? c.in.size() : hend + 2).find("\\n\\r\\n", start);'

/** Builds the referee; or says why there is none. Unless it is wanted `asIs`, that one search ends with the frame's header. */
export function buildReferee(source: string, scratch: string, asIs: boolean): Referee | { readonly absent: string } {
  if (!existsSync(source)) return { absent: `no ${source}` }
  const program = join(scratch, 'referee')
  const text = readFileSync(source, 'utf8')
  writeFileSync(`${program}.cpp`, asIs ? text : text.replace(UNBOUNDED, () => BOUNDED))
  const built = spawnSync('g++', ['-O2', '-std=c++20', '-o', program, `${program}.cpp`], { encoding: 'utf8' })
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
