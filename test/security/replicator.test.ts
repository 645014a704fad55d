import test from 'ava'
import {
  createReplicatorRight,
  isPairLogin,
  type AuthenticationOptions,
  type Identity,
} from '../../src/security/security.ts'

const simple: AuthenticationOptions = { kind: 'simple', users: [], anonymous: null }
const ann: Identity = { user: 'ann', groups: ['ops'], anonymous: false, authenticated: true }

const may = (
  identity: Identity,
  replicators?: string,
  authentication: AuthenticationOptions | null = simple,
): boolean => createReplicatorRight({ authentication, authorization: null, replicators }).refusal(identity) === null

test('rule 10: a guest, who gave whatever name it liked, never replicates', t => {
  t.true(may(ann, 'ann'))
  t.false(may({ ...ann, guest: true }, 'ann'))
  t.false(may({ ...ann, guest: true }))
  t.false(may({ ...ann, anonymous: true }, 'ann, group:ops'))
})

test('rule 10: an empty list of replicators is nobody', t => {
  t.false(may(ann, ''))
  t.false(may(ann, ' , '))
  t.false(may({ ...ann, groups: [''] }, 'group:other'))
})

test('rule 10: names that nobody proves are warned about', t => {
  const right = createReplicatorRight({ authentication: null, authorization: null, replicators: 'ann' })
  t.regex(right.warnings.join(), /anyone can take the name/)
  t.is(right.refusal({ user: 'ann', groups: [], anonymous: true, authenticated: false }), null)
  t.not(right.refusal({ user: 'eve', groups: [], anonymous: true, authenticated: false }), null)
})

test("the pair's login needs the pair's id and its secret; a node in no pair has none", t => {
  const pair = { pairId: 'p', secret: 's' }
  t.true(isPairLogin(pair, 'tandemmq-pair/p', 's'))
  t.false(isPairLogin(pair, 'tandemmq-pair/p', 'S'))
  t.false(isPairLogin(pair, 'tandemmq-pair/q', 's'))
  t.false(isPairLogin({ pairId: 'p', secret: '' }, 'tandemmq-pair/p', ''))
  t.false(isPairLogin({ pairId: 'p', secret: null }, 'tandemmq-pair/p', ''))
  t.false(isPairLogin({ pairId: null, secret: 's' }, 'tandemmq-pair/null', 's'))
  t.false(isPairLogin(null, 'tandemmq-pair/p', ''))
})
