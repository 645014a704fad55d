import test from 'ava'
import { DestinationKind, type DestinationName } from '../../src/base/destination.ts'
import { AliasTable } from '../../src/session/aliases.ts'
import { parseDestinations, resolveName } from '../../src/session/names.ts'
import type { Session } from '../../src/session/session.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'

const SCHEMES = ['queue', 'topic', 'tempQueue', 'tempTopic'] as const

/** `queue a`, with a `~` for an alias of the connection's own; `-` when nothing is named. */
const seen = (text: string): string =>
  parseDestinations(text)
    ?.map(({ kind, name, alias }) => `${SCHEMES[kind]} ${alias ? '~' : ''}${name}`)
    .join(' | ') ?? '-'

test('S-DST-01: the prefix says what kind of destination it is, and its case counts', t => {
  t.is(seen('/queue/a'), 'queue a')
  t.is(seen('/topic/a'), 'topic a')
  t.is(seen('/temp-queue/a'), 'tempQueue ~a')
  t.is(seen('/temp-topic/a'), 'tempTopic ~a')
  t.is(seen('/remote-temp-queue/ID:h-1-2-0:1:1'), 'tempQueue ID:h-1-2-0:1:1')
  t.is(seen('/remote-temp-topic/ID:h-1-2-0:1:1'), 'tempTopic ID:h-1-2-0:1:1')
  t.is(seen('/Queue/a'), 'queue /Queue/a')
})

test('S-DST-02: a name may hold dots, slashes, spaces, colons and any letter', t => {
  for (const name of ['a.b.c', 'a/b', 'a b', 'a:b', '/a', 'ü€😀', '/queue/a', 'a\tb'])
    t.is(seen(`/queue/${name}`), `queue ${name}`)
})

test('S-DST-03: white space around the value and around the name goes', t => {
  t.is(seen('  /queue/a  '), 'queue a')
  t.is(seen('/queue/ \ta\r '), 'queue a')
  t.is(seen('\t a '), 'queue a')
  t.is(seen('/topic/a b'), 'topic a b')
})

test('S-DST-04, S-TMP-03: names are printed with their prefix, a temporary one of the connection by its alias', t => {
  const aliases = new AliasTable('ID:h-1-2-0:7')
  const { at, isNew } = aliases.resolve(DestinationKind.tempQueue, 'mine')
  t.deepEqual([at, isNew], [{ kind: DestinationKind.tempQueue, name: 'ID:h-1-2-0:7:1' }, true])
  t.false(aliases.resolve(DestinationKind.tempQueue, 'mine').isNew)
  t.is(aliases.resolve(DestinationKind.tempTopic, 'mine').at.name, 'ID:h-1-2-0:7:2')
  t.is(aliases.print(at), '/temp-queue/mine')
  t.is(aliases.print({ kind: DestinationKind.tempTopic, name: 'ID:x:1' }), '/remote-temp-topic/ID:x:1')
  t.is(aliases.shown('/remote-temp-queue/ID:h-1-2-0:7:1'), '/temp-queue/mine')
  t.is(aliases.shown('/remote-temp-queue/ID:x:1'), '/remote-temp-queue/ID:x:1')
  t.is(aliases.shown('/queue/ID:h-1-2-0:7:1'), '/queue/ID:h-1-2-0:7:1')
})

test('S-DST-05: without a known prefix it is a queue of exactly that name', t => {
  for (const name of ['a', '/a', '/x/a', '/QUEUE/a', 'queue/a', '/queue']) t.is(seen(name), `queue ${name}`)
})

test('S-DST-06: queue://X and its kin are no types, only odd names of queues', t => {
  for (const name of ['queue://X', 'topic://X', 'temp-queue://X']) t.is(seen(name), `queue ${name}`)
})

test('S-DST-07: a list has commas, its elements their own prefixes; a space before a prefix spoils it', t => {
  t.is(seen('/queue/a,/topic/b'), 'queue a | topic b')
  t.is(seen('/queue/a, /queue/b'), 'queue a | queue /queue/b')
  t.is(seen('/queue/a,/queue/b,,'), 'queue a | queue b')
  t.is(seen('/queue/a,/queue/b,/queue/a'), 'queue a | queue b')
  t.is(seen('/queue/a,/topic/a'), 'queue a | topic a')
  t.is(seen('/queue/a,,/queue/b'), '-')
})

test('S-DST-08: an element without prefix is a queue, whatever the first one is', t => {
  t.is(seen('/topic/a,b'), 'topic a | queue b')
})

test('S-DST-11: a list may name both kinds; which of them are served is decided later', t => {
  t.deepEqual(
    parseDestinations('/topic/a,/queue/b')?.map(({ kind }) => kind),
    [DestinationKind.topic, DestinationKind.queue],
  )
})

test('S-DST-12: options are cut off, with every element behind them', t => {
  t.is(seen('/queue/a?consumer.prefetchSize=1'), 'queue a')
  t.is(seen('/queue/a?x=1,/queue/b'), 'queue a')
  t.is(seen('/queue/a,/queue/b?x=%20'), 'queue a | queue b')
  t.is(seen('/queue/a?'), 'queue a')
  t.is(seen('/queue/a%zz'), 'queue a%zz')
})

test('S-DST-16: an empty name names nothing, nor do options that cannot be read', t => {
  for (const text of ['', ' ', '/queue/', '/topic/ ', '/temp-queue/', '?x=1', '/queue/?x=1', ',', '/queue/a?x=%zz'])
    t.is(seen(text), '-', JSON.stringify(text))
})

test('any text names something printable and parses again to the same, or names nothing', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const parts = [
    '/queue/',
    '/topic/',
    '/temp-queue/',
    '/remote-temp-topic/',
    'a',
    'b.c',
    ',',
    '?',
    '%',
    ' ',
    '\t',
    '/',
    '>',
    '\0',
  ]
  for (let i = 0; i < 5000; i++) {
    const text = Array.from({ length: between(random, 0, 8) }, () => parts[between(random, 0, parts.length)]).join('')
    const parsed = parseDestinations(text)
    if (parsed === null) continue
    const prefixes = ['/queue/', '/topic/', '/remote-temp-queue/', '/remote-temp-topic/']
    for (const one of parsed) if (one.name === '' || one.name !== one.name.trim()) return t.fail(JSON.stringify(text))
    const printed = parsed.map(
      ({ kind, name, alias }) => (alias ? prefixes[kind]!.replace('remote-', '') : prefixes[kind]!) + name,
    )
    t.deepEqual(parseDestinations(printed.join(',')), parsed)
  }
})

/** As much of a session as a name needs. */
function sessionOf(pathSeparator: string | null): { readonly session: Session; readonly created: DestinationName[] } {
  const created: DestinationName[] = []
  const core = { pathSeparator, create: (at: DestinationName) => created.push(at) }
  const session = { aliases: new AliasTable('ID:h:1'), core } as unknown as Session // nothing else is asked of it
  return { session, created }
}

const resolve = (session: Session, text: string): DestinationName[] =>
  parseDestinations(text)!.map(one => resolveName(session, one))

test('S-TMP-01: the first use of an alias creates the temporary destination, once', t => {
  const { session, created } = sessionOf(null)
  const expected = { kind: DestinationKind.tempQueue, name: 'ID:h:1:1' }
  t.deepEqual(resolve(session, '/temp-queue/a'), [expected])
  t.deepEqual(resolve(session, '/temp-queue/a'), [expected])
  t.deepEqual(created, [expected])
  t.deepEqual(resolve(session, '/remote-temp-queue/ID:other:1'), [{ ...expected, name: 'ID:other:1' }])
  t.is(created.length, 1)
})

test('a path separator becomes a dot in names of queues and topics, never in those of temporary ones', t => {
  const { session } = sessionOf('/')
  t.deepEqual(resolve(session, '/queue/a/b/c,/topic/d/e'), [
    { kind: DestinationKind.queue, name: 'a.b.c' },
    { kind: DestinationKind.topic, name: 'd.e' },
  ])
  t.deepEqual(resolve(session, '/remote-temp-queue/ID:h/1'), [{ kind: DestinationKind.tempQueue, name: 'ID:h/1' }])
})
