import type { ExecutionContext } from 'ava'
import { difference } from '../../src/upgrade/upgrade.ts'
import { decodeXml, encodeXml } from '../../src/xml/xml.ts'
import { stops } from '../config/loading.ts'
import { applyPatch, outside } from './patch.ts'
import { rules, upgradeAt, type Ask, type Upgraded } from './upgrading.ts'

/** Rules that correct what was not read as it was meant; all others leave the model as it is. */
const REPAIRS = ['ampersand', 'spelling', 'nesting', 'value', 'uri-option']

/** What holds of every file, whatever is asked. */
export async function promises(t: ExecutionContext, result: Upgraded, ask: Ask): Promise<void> {
  const { before, after, bytesBefore, bytesAfter, file, diff } = result
  const name = `${file} ${JSON.stringify(ask)}`
  t.deepEqual(
    result.left.filter(({ code }) => code === 'UPGRADE_MEANING' || code === 'UPGRADE_ENCODING'),
    [],
    name,
  )
  const [old, now] = [decodeXml(bytesBefore) ?? '', decodeXml(bytesAfter) ?? '']
  t.is(applyPatch(old, diff), now, `${name}: the diff is the change`)
  t.is(result.bytes === null, diff === '', name)
  t.is(result.changes.length === 0, result.bytes === null, name)
  t.true(stops(after).length <= Math.max(stops(before).length, before.context === null ? Infinity : 0), name)
  if (!rules(result).some(rule => REPAIRS.includes(rule))) t.is(difference(before.model, after.model, ''), null, name)
  t.is(...outside(old, now, result.edits), `${name}: outside the edits`)
  const encoded = encodeXml(now, bytesBefore)
  t.true(bytesBefore === bytesAfter || (encoded !== null && Buffer.from(encoded).equals(bytesAfter)), name)
  if (result.bytes === null) return
  const again = await upgradeAt(file, ask, bytesAfter)
  t.is(again.bytes, null, `${name}: a second time`)
  t.deepEqual(
    again.left.map(({ message }) => message),
    result.left.map(({ message }) => message),
    name,
  )
}

/** A seed of now, printed so that a failure can be run again. */
export function seedOf(t: ExecutionContext): number {
  const seed = Date.now() & 0x7fffffff
  t.log(`seed ${seed}`)
  return seed
}
