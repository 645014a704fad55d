import type { Position } from '../base/errors.ts'
import { readAccess } from './access-file.ts'
import type { HttpConfig, JolokiaConfig } from './model-web.ts'
import { filePath, type Site } from './site.ts'
import { isLoopback } from './uri.ts'

const SHAPE = 'write -Dtandemmq.http=127.0.0.1:8161, or off'

/**
 * `-Dtandemmq.http=HOST:PORT|off`; without it the address of jetty.xml, else 127.0.0.1:8161, unless the broker says
 * useJmx="false" (management W-01, P-06). Null: off.
 */
export function buildHttp(useJmx: boolean, at: Position, site: Site): HttpConfig | null {
  const { outer, findings } = site
  const text = outer.overrides['http']?.trim()
  const wanted = text === undefined ? useJmx : text !== 'off'
  const jetty = site.jetty(wanted)
  if (!wanted) return null
  const told = text === undefined ? null : addressOf(text)
  if (text !== undefined && told === null) {
    findings.error('CONFIG_PROPERTY', at, `-Dtandemmq.http="${text}" is neither HOST:PORT nor off`, SHAPE)
    return null
  }
  // An address that is asked for by name is opened, also where the file has connectors by TLS alone.
  const web = jetty === null ? null : { ...jetty.web, plain: jetty.web.plain || told !== null }
  const address = told ?? { host: jetty?.host ?? '127.0.0.1', port: jetty?.port ?? 8161 }
  const http = { ...address, asked: told !== null || jetty !== null, web, jolokia: buildJolokia(at, site) }
  warnOpen(http, at, site)
  return http
}

function addressOf(text: string): { readonly host: string; readonly port: number } | null {
  const match = /^(\[[0-9A-Fa-f:.%\w]+\]|[^:[\]\s/]+):(\d{1,5})$/.exec(text)
  const port = Number(match?.[2])
  if (match === null || port > 65_535) return null
  return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port }
}

/** Says aloud what anybody on the network may do. */
function warnOpen({ host, port, web }: HttpConfig, at: Position, { findings }: Site): void {
  const addresses = [...(web?.plain === false ? [] : [{ host, port }]), ...(web?.secure ?? [])]
  const [open] = addresses.filter(address => !isLoopback(address.host))
  if (open === undefined) return
  const place = `${open.host}:${open.port}`
  if (web === null || web.login === null) {
    const message = `anybody who reaches ${place} can read the state of the pair over HTTP; changing it is possible from this machine only`
    findings.warn('CONFIG_OPEN', web?.at ?? at, message)
  } else if (web.constraints.some(({ authenticate }) => !authenticate)) {
    const message = `authenticate="false": anybody who reaches ${place} can manage the broker without a login`
    findings.warn('CONFIG_OPEN', web.at, message, 'set authenticate to true in jetty.xml')
  } else if (!web.constraints.some(({ pathSpec }) => COVERS_JOLOKIA.includes(pathSpec))) {
    const message = `no constraint covers /api/jolokia: anybody who reaches ${place} can manage the broker without a login`
    findings.warn('CONFIG_OPEN', web.at, message, 'add /api/* to the pathSpec of a ConstraintMapping in jetty.xml')
  }
}

const COVERS_JOLOKIA = ['/', '/*', '/api/*', '/api/jolokia/*', '/api/jolokia']

const POLICIES = ['compat', 'strict', 'hardened', 'off'] as const

/** The user's jolokia-access.xml if there is one, else a policy by name (management JA-06). */
function buildJolokia(at: Position, site: Site): JolokiaConfig {
  const { outer, findings } = site
  const userExec = outer.overrides['jolokia.userExec'] === 'true'
  const named = outer.overrides['jolokia.policy']?.trim()
  const policy = POLICIES.find(one => one === named)
  if (named !== undefined && policy === undefined) {
    const message = `-Dtandemmq.jolokia.policy="${named}" is none of ${POLICIES.join(', ')}`
    findings.error('CONFIG_PROPERTY', at, message)
  }
  if (policy !== undefined) return { policy, access: null, userExec }
  const told = outer.system['jolokia.conf'] ?? outer.env['JOLOKIA_CONF']
  const file = told === undefined ? outer.resource('classpath:jolokia-access.xml', at.file) : filePath(told, site)
  if (!outer.sources.exists(file)) {
    if (told !== undefined) findings.refuse('CONFIG_LOGIN', at, `the access policy ${file} does not exist`)
    return { policy: 'compat', access: null, userExec }
  }
  const access = readAccess(file, site)
  return { policy: 'file', access, userExec }
}
