import { diskFiles } from '../journal/journal.ts'
import { describeError } from '../server/server.ts'
import { compareJournals, type Comparison, type DifferenceSide, type JournalSide } from '../twin/twin.ts'
import type { Terminal } from './cli.ts'
import { WrongPlace, dataDirectory, journalOf, type NamedStore } from './data-directory.ts'

/** Verb `pair verify` for two data directories, or the activemq.xml of each. */
export async function verifyDirectories(
  terminal: Terminal,
  a: NamedStore,
  b: NamedStore,
  json: boolean,
): Promise<number> {
  try {
    const one = await journalOf(await dataDirectory(a, terminal))
    const two = await journalOf(await dataDirectory(b, terminal))
    const result = await compareJournals(diskFiles, one, two)
    terminal.out(json ? `${JSON.stringify(result)}\n` : describe(result))
    return result.same && !nothingInCommon(result) ? 0 : 1
  } catch (error) {
    terminal.err(`tandemmq pair verify: ${describeError(error)}\n`)
    return error instanceof WrongPlace ? 2 : 1
  }
}

/** Two empty journals are the same. */
const nothingInCommon = ({ compared, a, b }: Comparison): boolean => compared === 0 && a.segments + b.segments > 0

function describe(result: Comparison): string {
  const { difference, compared, commonEpoch } = result
  const lines = [...describeSide('A', result.a), ...describeSide('B', result.b)]
  if (commonEpoch !== null) lines.push(`newest common epoch: ${commonEpoch.n} (${commonEpoch.uid})`)
  if (difference !== null) {
    lines.push(`they differ at position ${difference.lsn}, behind ${compared} equal bytes`)
    lines.push(`  A: ${describePlace(difference.a)}`, `  B: ${describePlace(difference.b)}`)
  } else if (nothingInCommon(result)) lines.push('nothing was compared: they hold no position in common')
  else lines.push(`${compared} bytes that both hold are the same`)
  return `${lines.join('\n')}\n`
}

function describeSide(name: string, { directory, segments, end, damage, only }: JournalSide): string[] {
  const lines = [`${name}: ${directory}: ${segments} segments, to position ${end}`]
  for (const { from, to } of only) lines.push(`  only ${name} has ${from} to ${to} (${to - from} bytes)`)
  if (damage !== null) {
    const what = damage.kind === 'torn' ? 'not compared; a start cuts it off' : 'damage'
    lines.push(`  ${damage.file} at byte ${damage.offset}: ${damage.what} (${what})`)
  }
  return lines
}

function describePlace({ file, offset, record }: DifferenceSide): string {
  if (record === null) return `${file} at byte ${offset}, in no record that can be made out`
  return `${file} at byte ${offset}, in the ${record.type} record at ${record.lsn} of epoch ${record.epoch}`
}
