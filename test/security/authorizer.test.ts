import { readFileSync } from 'node:fs'
import test from 'ava'
import fc from 'fast-check'
import { DestinationKind } from '../../src/base/destination.ts'
import type { DestinationName } from '../../src/base/destination.ts'
import { accessTo, createAuthorizer } from '../../src/security/security.ts'
import type { AccessList, Action, AuthorizationOptions, Identity } from '../../src/security/security.ts'

const queue = (name: string): DestinationName => ({ kind: DestinationKind.queue, name })
const topic = (name: string): DestinationName => ({ kind: DestinationKind.topic, name })
const member = (...groups: string[]): Identity => ({ user: 'ann', groups, anonymous: false, authenticated: true })
const NOBODY: AccessList = { read: [], write: [], admin: [] }
const map = (
  entries: readonly (Partial<AccessList> & { at: DestinationName })[],
  rest: Partial<AuthorizationOptions> = {},
): AuthorizationOptions => ({
  entries: entries.map(({ at, ...lists }) => ({ ...NOBODY, ...lists, destination: at })),
  defaultEntry: null,
  temporary: null,
  ...rest,
})

test('SA-01: an entry grants each right to its own groups, for its kind of destination only', t => {
  const { may } = createAuthorizer(map([{ at: queue('orders'), read: ['r', 'x'], write: ['w'], admin: ['a'] }]))
  const rights = (group: string, at: DestinationName) =>
    (['read', 'write', 'admin'] as Action[]).filter(action => may(member(group), action, at))
  t.deepEqual(rights('r', queue('orders')), ['read'])
  t.deepEqual(rights('x', queue('orders')), ['read'])
  t.deepEqual(rights('w', queue('orders')), ['write'])
  t.deepEqual(rights('a', queue('orders')), ['admin'])
  t.deepEqual(rights('r', topic('orders')), [])
})

test('SA-01: the role * admits whoever has a group, and nobody without one', t => {
  const { may } = createAuthorizer(map([{ at: queue('>'), read: ['*'] }]))
  t.true(may(member('any'), 'read', queue('q')))
  t.false(may(member(), 'read', queue('q')))
  t.false(may(member('*'), 'write', queue('q')))
})

test('SA-02: rights are the union over all matching entries and the default entry', t => {
  const { may } = createAuthorizer(
    map(
      [
        { at: queue('>'), read: ['all'] },
        { at: queue('secret.>'), read: ['few'] },
      ],
      {
        defaultEntry: { ...NOBODY, admin: ['chief'] },
      },
    ),
  )
  t.true(may(member('all'), 'read', queue('secret.plans')), 'a narrower entry takes nothing away')
  t.true(may(member('few'), 'read', queue('secret.plans')))
  t.false(may(member('few'), 'read', queue('open')))
  t.true(may(member('chief'), 'admin', topic('anything')))
})

test('SA-03: without a matching entry, or without that right in it, the answer is no', t => {
  const { may } = createAuthorizer(map([{ at: queue('a'), read: ['g'] }]))
  t.false(may(member('g'), 'read', queue('b')))
  t.false(may(member('g'), 'write', queue('a')))
})

test('SA-06, S-ERR-05: refusals read as ActiveMQ writes them', t => {
  const { refusal } = createAuthorizer(map([]))
  t.is(refusal(member(), 'write', queue('N')), 'User ann is not authorized to write to: queue://N')
  t.is(refusal(member(), 'read', topic('N')), 'User ann is not authorized to read from: topic://N')
  t.is(refusal(member(), 'admin', queue('N')), 'User ann is not authorized to create: queue://N')
  t.is(refusal(member(), 'remove', queue('N')), 'User ann is not authorized to remove: queue://N')
})

test('SA-06: without authentication a map refuses everything, temporary destinations included', t => {
  const { may, refusal } = createAuthorizer(map([{ at: queue('>'), read: ['*'] }]))
  const stranger: Identity = { user: 'ann', groups: [], anonymous: true, authenticated: false }
  t.false(may(stranger, 'read', queue('q')))
  t.false(may(stranger, 'read', { kind: DestinationKind.tempQueue, name: 'q' }))
  t.is(refusal(stranger, 'read', queue('q')), 'User is not authenticated.')
})

test('SA-07: an entry accepts names and wildcard subscriptions as ActiveMQ 5.17.2 decides them', t => {
  const [, head = '', ...rows] = readFileSync('fixtures/security/authorization-matches.txt', 'utf8').trim().split('\n')
  const names = head.split(' ')
  for (const row of rows) {
    const [bits = '', pattern = ''] = row.split(' ')
    const { may } = createAuthorizer(map([{ at: queue(pattern), read: ['g'] }]))
    for (const [column, name] of names.entries()) {
      const upstream = bits[column] === '1'
      const ours = may(member('g'), 'read', queue(name))
      // Subscriptions ending in > are judged no wider than there; everything else exactly as there.
      if (name.endsWith('>')) t.true(upstream || !ours, `entry ${pattern}, subscription ${name}`)
      else t.is(ours, upstream, `entry ${pattern}, name ${name}`)
    }
  }
})

test('SA-07: a trailing > needs an entry with a wildcard at that place; a * needs anything there', t => {
  const accepts = (pattern: string, name: string) =>
    createAuthorizer(map([{ at: queue(pattern), read: ['g'] }])).may(member('g'), 'read', queue(name))
  t.true(accepts('a.>', 'a.>'))
  t.true(accepts('a.*', 'a.>'))
  t.true(accepts('a.*.>', 'a.>'))
  t.true(accepts('>', 'a.b.>'))
  t.false(accepts('a.b', 'a.>'))
  t.false(accepts('a.b.>', 'a.>'))
  t.false(accepts('a.b', '>'))
  t.true(accepts('a.b', 'a.*'))
  t.true(accepts('a.b', '*.b'))
  t.false(accepts('a.b.c', 'a.*'))
})

test('SA-09: temporary destinations follow their own entry, and are open to all when there is none', t => {
  const temporary = { kind: DestinationKind.tempTopic, name: 'ID:1' }
  const open = createAuthorizer(map([]))
  t.true(open.may(member(), 'admin', temporary))
  const closed = createAuthorizer(map([{ at: topic('>'), read: ['*'] }], { temporary: { ...NOBODY, read: ['g'] } }))
  t.true(closed.may(member('g'), 'read', temporary))
  t.false(closed.may(member('g'), 'write', temporary))
  t.false(closed.may(member('h'), 'read', temporary))
})

test('decisions are remembered per groups and never shared between different ones', t => {
  const { may } = createAuthorizer(map([{ at: queue('q.*'), read: ['g'] }]))
  for (let i = 0; i < 3; i++) {
    t.true(may(member('g', 'h'), 'read', queue('q.1')))
    t.true(may(member('h', 'g'), 'read', queue('q.1')))
    t.false(may(member('h'), 'read', queue('q.1')))
    t.false(may(member('g,h'), 'read', queue('q.1')))
  }
  const one = member('g')
  for (let i = 0; i < 150_000; i++) may(one, 'read', queue(`n.${i}`))
  t.true(may(one, 'read', queue('q.1')), 'and forgetting them changes none')
  t.false(may(one, 'write', queue('q.1')))
})

test('without an authorization plugin everything is allowed', t => {
  t.true(createAuthorizer(null).may({ ...member(), authenticated: false }, 'admin', queue('q')))
})

test('what a map is said to grant is what it grants', t => {
  const group = fc.constantFrom<string>('a', 'b', '*')
  const groups = fc.array(group, { maxLength: 2 })
  const name = fc.constantFrom('>', 'x.>', 'x.*', 'x.y', 'x.y,z', '*.y', 'z')
  const kind = fc.constantFrom(DestinationKind.queue, DestinationKind.topic)
  const list = fc.record({ read: groups, write: groups, admin: groups })
  const entry = fc.tuple(list, kind, name).map(([lists, of, called]) => ({
    ...lists,
    destination: { kind: of, name: called },
  }))
  const options = fc.record({
    entries: fc.array(entry, { maxLength: 4 }),
    defaultEntry: fc.option(list),
    temporary: fc.option(list),
  })
  const at = fc.record({ kind: fc.constantFrom(0, 1, 2, 3), name: fc.constantFrom('x', 'x.y', 'x.>', 'z', 'x.y.z') })
  fc.assert(
    fc.property(options, at as fc.Arbitrary<DestinationName>, groups, (access, destination, held) => {
      const said = accessTo(access, destination)
      for (const action of ['read', 'write', 'admin'] as const) {
        const roles = said.groups?.[action]
        const expected =
          roles === undefined || (held.length > 0 && roles.some(role => role === '*' || held.includes(role)))
        t.is(createAuthorizer(access).may(member(...held), action, destination), expected)
      }
    }),
    { seed: 20_240_602 },
  )
})
