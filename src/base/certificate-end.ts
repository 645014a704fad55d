import type { Code } from './codes.ts'

/** The certificate of a place of ours that ends first, of all that are shown there. */
export interface CertificateEnd {
  /** For sentences: `connector "ssl"`. */
  readonly place: string
  /** For metrics: `ssl`. */
  readonly label: string
  /** Its subject, as ActiveMQ writes it. */
  readonly subject: string
  /** ms since 1970 after which nobody trusts it. */
  readonly endsAt: number
  /** The same for people: the day, UTC. */
  readonly day: string
  /** The key store that holds it. */
  readonly file: string
}

/** What is to be said of it. */
export interface EndNotice {
  readonly expired: boolean
  readonly code: Code & ('TLS_CERTIFICATE_EXPIRED' | 'TLS_CERTIFICATE_EXPIRES')
  readonly text: string
  readonly hint: string
}

/** Days before its end from which on a certificate is worth a word. */
export const soonDays = 30
const dayMs = 86_400_000

/** Null: it is good for long enough. `now`: ms since 1970. */
export function endNotice({ place, subject, endsAt, day, file }: CertificateEnd, now: number): EndNotice | null {
  const left = endsAt - now
  if (left > soonDays * dayMs) return null
  const hint = `Replace it in ${file}, then "tandemmq reload".`
  const of = `${place}: the certificate ${subject}`
  if (left <= 0) return { expired: true, code: 'TLS_CERTIFICATE_EXPIRED', text: `${of} expired on ${day}`, hint }
  const days = Math.floor(left / dayMs)
  const when = days === 0 ? 'within a day' : days === 1 ? 'in a day' : `in ${days} days`
  return { expired: false, code: 'TLS_CERTIFICATE_EXPIRES', text: `${of} expires on ${day}, ${when}`, hint }
}
