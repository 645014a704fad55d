import test from 'ava'
import { endNotice } from '../../src/base/certificate-end.ts'
import { firstEnd } from '../../src/security/own-certificates.ts'
import { makeCertificate } from './make-certificate.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 30, 12)
const where = { place: 'connector "ssl"', label: 'ssl', file: '/etc/broker.p12' }

test('of all certificates that are shown the one that ends first counts', t => {
  const [late, early, later] = [90, 10, 300].map(days => makeCertificate(`days ${days}`, NOW + days * DAY))
  const end = firstEnd({ cert: [`${late}${early}`, later ?? ''] }, where)
  t.deepEqual(end, { ...where, subject: 'CN=days 10', endsAt: NOW + 10 * DAY, day: '2026-12-10' })
  t.is(firstEnd({}, where), null)
})

test('thirty days before its end a certificate is worth a warning, afterwards an error, with date and next step', t => {
  const end = { ...where, subject: 'CN=broker', endsAt: NOW, day: '2026-11-30' }
  const at = (days: number): ReturnType<typeof endNotice> => endNotice(end, NOW - days * DAY)
  t.is(at(30.01), null)
  t.deepEqual(at(30), {
    expired: false,
    code: 'TLS_CERTIFICATE_EXPIRES',
    text: 'connector "ssl": the certificate CN=broker expires on 2026-11-30, in 30 days',
    hint: 'Replace it in /etc/broker.p12, then "tandemmq reload".',
  })
  t.regex(at(1.5)?.text ?? '', /on 2026-11-30, in a day$/)
  t.regex(at(0.5)?.text ?? '', /on 2026-11-30, within a day$/)
  t.is(at(0)?.code, 'TLS_CERTIFICATE_EXPIRED')
  t.is(at(-400)?.text, 'connector "ssl": the certificate CN=broker expired on 2026-11-30')
  t.true(at(-400)?.expired)
})
