/**
 * The load generator as a program: `node dist/test/bench/load.js --port 61613 --producers 8 --consumers 8 --dests 8`.
 *
 *   options ─► generator ─┬─ producer ─┐                      ┌─► ledger: lost, twice, out of order
 *                         └─ consumer ─┴─ connection ─ frames ─┴─► latencies
 *
 * Read: options · frames (bytes) · connection · producer, consumer · ledger (what counts as fine) · generator (one run).
 * Prints one JSON object; exits 0 only if every message was confirmed and delivered exactly once and in order, else 1 (2: usage).
 */
import { runLoad } from './generator.ts'
import { parseLoadOptions } from './options.ts'
import type { LoadOptions } from './options.ts'

function optionsOrExit(): LoadOptions {
  try {
    return parseLoadOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`load: ${error instanceof Error ? error.message : String(error)}`)
    return process.exit(2)
  }
}

const result = await runLoad(optionsOrExit())
console.log(JSON.stringify(result))
process.exitCode = result.ok ? 0 : 1
