import test from 'ava'
import {
  addressesMax,
  firstWaitMs,
  forgetMs,
  freeFailuresMax,
  LoginGuard,
  longestWaitMs,
  placeOf,
} from '../../src/security/login-guard.ts'

const guardOf = (more = {}): LoginGuard => new LoginGuard({ delays: true, waitMsMax: longestWaitMs, ...more })

/** So many different wrong logins; true for each that was worth a line of the log. */
const guess = (guard: LoginGuard, address: string, times: number, now: number, from = 0): boolean[] =>
  Array.from({ length: times }, (_, i) => guard.judged('stomp', address, `wrong ${from + i}`, false, now))

test('who mistypes a few times notices nothing; then waits double, up to the longest', t => {
  const guard = guardOf()
  guess(guard, '10.0.0.9', freeFailuresMax - 1, 0)
  t.is(guard.waitOf('stomp', '10.0.0.9', 'next', 0), 0)
  const waits = Array.from({ length: 5 }, (_, i) => {
    guess(guard, '10.0.0.9', 1, 0, 100 + i)
    return guard.waitOf('stomp', '10.0.0.9', 'next', 0)
  })
  t.deepEqual(waits, [firstWaitMs, 2000, 4000, longestWaitMs, longestWaitMs])
})

test('a login from another address never waits, over whichever interface the guesses came', t => {
  const guard = guardOf()
  guess(guard, '10.0.0.9', 50, 0)
  t.is(guard.waitOf('http', '10.0.0.9', 'right', 0), longestWaitMs)
  t.is(guard.waitOf('stomp', '10.0.0.8', 'right', 0), 0)
})

test('a client that tries the same wrong password again and again slows nobody down', t => {
  const guard = guardOf()
  for (let i = 0; i < 1000; i++) guard.judged('stomp', '10.0.0.9', 'forgotten', false, i)
  t.is(guard.waitOf('stomp', '10.0.0.9', 'right', 1000), 0)
  t.deepEqual(guard.failed, { stomp: 1000, http: 0 })
})

test('what was right before from this address does not wait behind its guesses, unless they come in a flood', t => {
  const guard = guardOf()
  guard.judged('stomp', '10.0.0.9', 'right', true, 0)
  guess(guard, '10.0.0.9', 20, 0)
  t.is(guard.waitOf('stomp', '10.0.0.9', 'right', 0), 0)
  t.is(guard.waitOf('stomp', '10.0.0.8', 'right', 0), 0, 'no guesses came from there')
  // Else an attacker beside it could tell right from wrong by hanging up on whatever is not answered at once.
  for (let i = 0; i < 1000; i++) guard.waitOf('stomp', '10.0.0.9', `guess ${i}`, 0)
  t.is(guard.waitOf('stomp', '10.0.0.9', 'right', 0), longestWaitMs)
  t.is(guard.waitOf('stomp', '10.0.0.9', 'right', longestWaitMs), 0, 'the flood is over')
})

test('a login that was right from one address does not spare another one the wait', t => {
  const guard = guardOf()
  guard.judged('stomp', '10.0.0.8', 'right', true, 0)
  guess(guard, '10.0.0.9', 20, 0)
  t.is(guard.waitOf('stomp', '10.0.0.9', 'right', 0), longestWaitMs)
})

test('an address that stays quiet starts afresh; one that goes on does not', t => {
  const guard = guardOf()
  guess(guard, '10.0.0.9', 20, 0)
  t.is(guard.waitOf('stomp', '10.0.0.9', 'next', forgetMs - 1), longestWaitMs)
  guess(guard, '10.0.0.9', 1, forgetMs - 1, 500)
  t.is(guard.waitOf('stomp', '10.0.0.9', 'next', forgetMs), longestWaitMs)
  t.is(guard.waitOf('stomp', '10.0.0.9', 'next', 2 * forgetMs), 0)
})

test('the log is told once for each address and time of guessing', t => {
  const guard = guardOf()
  t.deepEqual(guess(guard, '10.0.0.9', 50, 0).filter(Boolean).length, 1)
  t.deepEqual(guess(guard, '10.0.0.8', 50, 0).filter(Boolean).length, 1)
  t.deepEqual(guess(guard, '10.0.0.9', 50, forgetMs).filter(Boolean).length, 1)
})

test('however many addresses fail, only so many are remembered, and the newest', t => {
  const guard = guardOf()
  for (let i = 0; i < addressesMax + 100; i++) guess(guard, `10.1.${i >> 8}.${i & 255}`, freeFailuresMax, i)
  t.is(guard.addresses, addressesMax)
  t.is(guard.waitOf('stomp', '10.1.0.0', 'next', 5000), 0)
  t.is(guard.waitOf('stomp', `10.1.16.99`, 'next', 5000), firstWaitMs)
})

test('the wait is never longer than what whoever waits has time for', t => {
  const guard = guardOf({ waitMsMax: 400 })
  guess(guard, '10.0.0.9', 20, 0)
  t.is(guard.waitOf('stomp', '10.0.0.9', 'right', 0), 400)
})

test('turned off it counts and delays nothing', t => {
  const guard = guardOf({ delays: false })
  t.false(guess(guard, '10.0.0.9', 50, 0).includes(true))
  t.is(guard.waitOf('stomp', '10.0.0.9', 'next', 0), 0)
  t.is(guard.failed.stomp, 50)
})

test('one host is one address: IPv4 inside IPv6, and whatever it calls itself in its IPv6 network', t => {
  t.is(placeOf('::ffff:10.0.0.9'), '10.0.0.9')
  t.is(placeOf('2001:DB8:1:2:aaaa::1'), placeOf('2001:db8:1:2::ffff'))
  t.is(placeOf('2001:db8::1'), placeOf('2001:db8:0:0:1:2:3:4'))
  t.not(placeOf('2001:db8:1:2::1'), placeOf('2001:db8:1:3::1'))
  t.is(placeOf('fe80::1%eth0'), placeOf('fe80::2'))
})
