import test from 'ava'
import { httpFor } from '../../src/server/twin-links.ts'

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
