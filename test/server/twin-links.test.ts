import test from 'ava'
import { byNumber, toldHost } from '../../src/server/own-names.ts'
import { clocksApart, httpFor, reaches } from '../../src/server/twin-links.ts'

test('a twin on another machine is told no loopback address, where it would ask itself', t => {
  const [here, there] = ['10.0.0.1', 'tcp://10.0.0.2:40000']
  for (const http of ['127.0.0.1:8161', '[::1]:8161', 'localhost:8161']) t.is(httpFor(http, here, there), null, http)
  t.is(httpFor('127.0.0.1:8161', '::ffff:10.0.0.1', 'tcp://[::ffff:10.0.0.2]:40000'), null)
  t.is(httpFor('10.0.0.1:8161', here, there), '10.0.0.1:8161')
  t.is(httpFor('0.0.0.0:8161', here, there), '10.0.0.1:8161', 'as the twin reached this node')
  t.is(httpFor(null, here, there), null)
})

test('a twin on the same machine is told a loopback address, by whichever address the two talk', t => {
  t.is(httpFor('127.0.0.1:8161', '127.0.0.1', 'tcp://127.0.0.1:40000'), '127.0.0.1:8161')
  t.is(httpFor('127.0.0.1:8161', '::1', 'tcp://[::1]:40000'), '127.0.0.1:8161')
  t.is(httpFor('127.0.0.1:8161', '10.0.0.1', 'tcp://10.0.0.1:40000'), '127.0.0.1:8161')
  t.is(httpFor('127.0.0.1:8161', '::ffff:127.0.0.1', 'ssl://127.0.0.1:40000'), '127.0.0.1:8161')
})

test('a connector on a loopback address is told to a twin on the same machine only', t => {
  for (const host of ['127.0.0.1', '::1', 'localhost']) {
    t.false(reaches(host, '10.0.0.1', 'tcp://10.0.0.2:40000'), host)
    t.true(reaches(host, '10.0.0.1', 'tcp://10.0.0.1:40000'), host)
    t.true(reaches(host, '127.0.0.1', 'tcp://127.0.0.1:40000'), host)
    t.true(reaches(host, 'host', ''), 'for whoever asks on this machine')
  }
  for (const host of ['0.0.0.0', '10.0.0.1', 'alpha']) t.true(reaches(host, '10.0.0.1', 'tcp://10.0.0.2:40000'), host)
})

test('D6: clocks that are apart are said so; a few seconds may be the way of the word', t => {
  const now = Date.UTC(2026, 0, 1)
  t.is(clocksApart(now + 3_600_000, now), '3600 s ahead of')
  t.is(clocksApart(now - 86_400_000, now), '86400 s behind')
  t.is(clocksApart(now - 9000, now), null)
  t.is(clocksApart(undefined, now), null, 'an older version')
})

test('a twin is told the address by which it reached this node, where a name of this machine means just that', t => {
  t.is(toldHost('0.0.0.0', false, '10.0.0.1', null), '10.0.0.1')
  t.is(toldHost('::', true, '10.0.0.1', null), '10.0.0.1')
  t.is(toldHost('alpha', false, '10.0.0.1', '10.0.0.1'), '10.0.0.1')
  t.is(toldHost('alpha', false, '::ffff:10.0.0.1', '10.0.0.1'), '::ffff:10.0.0.1')
  t.is(toldHost('alpha', true, '10.0.0.1', '10.0.0.1'), 'alpha', 'its certificate is for the name')
  t.is(toldHost('alpha', false, '10.0.0.1', '192.168.0.1'), 'alpha', 'it listens elsewhere')
  t.is(toldHost('alpha', false, '10.0.0.1', null), 'alpha')
  t.is(toldHost('10.0.0.7', false, '10.0.0.1', null), '10.0.0.7')
})

test('an encrypted connector of a name is told by number besides, with the name that its certificate is for', t => {
  const alpha = { host: 'alpha', tls: true, port: 61617 }
  t.is(byNumber(alpha, '10.0.0.1', '10.0.0.1'), 'ssl://10.0.0.1:61617?serverName=alpha')
  t.is(byNumber(alpha, '::ffff:10.0.0.1', '10.0.0.1'), 'ssl://10.0.0.1:61617?serverName=alpha')
  t.is(byNumber(alpha, 'fd00::1', 'fd00::1'), 'ssl://[fd00::1]:61617?serverName=alpha')
  t.is(byNumber(alpha, '10.0.0.1', '192.168.0.1'), null, 'it listens elsewhere')
  t.is(byNumber(alpha, '10.0.0.1', null), null)
  t.is(byNumber({ ...alpha, tls: false }, '10.0.0.1', '10.0.0.1'), null)
  t.is(byNumber({ ...alpha, host: '10.0.0.1' }, '10.0.0.1', null), null)
})
