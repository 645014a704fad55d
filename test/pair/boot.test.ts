import test from 'ava'
import { decideStart } from '../../src/pair/boot.ts'
import type { Start } from '../../src/pair/boot.ts'
import type { PairMeta, PairSettings } from '../../src/pair/pair.ts'
import { metaOf, profileOf, settingsOf } from './profile.ts'

const peer = { storeId: 'b'.repeat(32), brokerName: 'p', uris: ['tcp://p:1'], http: null }
const settings = (change: Partial<PairSettings> = {}): PairSettings => ({
  ...settingsOf(
    'A',
    profileOf(() => 0, { policy: 'auto', waitForPassive: false }),
  ),
  ...change,
})
const start = (meta: Partial<PairMeta>, change?: Partial<PairSettings>): Start =>
  decideStart({ ...metaOf('A'), ...meta }, settings(change))
const activeUris = ['tcp://a:1']

test('A new store leads, or follows whom its XML names', t => {
  t.is(start({}), 'lead')
  t.is(start({}, { activeUris }), 'follow')
})

test('Later starts go by what the store remembers, not by the XML', t => {
  t.is(start({ role: 'active', peer }, { activeUris }), 'lead')
  t.is(start({ role: 'passive', peer }), 'follow')
})

test('B5: an ex-active that was paired waits for its twin; one that was alone leads', t => {
  t.is(start({ role: 'active', peer, paired: true }), 'wait')
  t.is(start({ role: 'active', peer, paired: false }), 'lead')
})

test('I5: with a witness an active asks it first', t => {
  t.is(start({}, { policy: 'witness' }), 'ask-witness')
  t.is(start({ role: 'active', peer, paired: true }, { policy: 'witness' }), 'ask-witness')
  t.is(start({ role: 'passive', peer }, { policy: 'witness' }), 'follow')
})

test('I15: a suspect store never leads: it follows to be copied anew, or does not start', t => {
  t.is(start({ suspect: true }), 'refuse')
  t.is(start({ suspect: true, role: 'active', peer }), 'follow')
  t.is(start({ suspect: true, role: 'passive', peer }), 'follow')
})
