import type { Element } from '../xml/xml.ts'
import { classOf, placeOf, type JettyBeans } from './jetty-beans.ts'
import type { WebConstraintConfig, WebLoginConfig } from './model-web.ts'

export interface JettyLogin {
  readonly login: WebLoginConfig | null
  readonly constraints: readonly WebConstraintConfig[]
}

const NONE: JettyLogin = { login: null, constraints: [] }

/** The realm and the constraints of jetty.xml (management W-05, W-07, W-08). What cannot be honoured is refused. */
export function readLogin(jetty: JettyBeans): JettyLogin {
  const [handler, second] = jetty.ofClass(/\.(?:Constraint)?SecurityHandler(?:\$\w+)?$/)
  if (handler === undefined) {
    const [service] = jetty.ofClass(/LoginService$/)
    const message = 'no SecurityHandler uses this login service: the HTTP interface asks for no login'
    if (service !== undefined) jetty.findings.warn('CONFIG_OPEN', placeOf(service), message)
    return NONE
  }
  if (second !== undefined) refuse(second, 'a second SecurityHandler is not served', jetty)
  const [authenticator] = jetty.held(handler, 'authenticator')
  if (authenticator !== undefined && !classOf(authenticator).endsWith('.BasicAuthenticator'))
    refuse(authenticator, `${classOf(authenticator)}: only HTTP Basic is served`, jetty)
  const mappings = jetty.held(handler, 'constraintMappings')
  for (const { text, at } of jetty.unknownIn(handler, 'constraintMappings')) {
    const message = `there is no bean "${text}", so what it protects would be open`
    jetty.findings.refuse('CONFIG_PROTECTION', at, message, 'correct the reference, or start with -Dtandemmq.http=off')
  }
  const constraints = mappings.flatMap(mapping => readMapping(mapping, jetty))
  return { login: readService(handler, jetty), constraints }
}

function readService(handler: Element, jetty: JettyBeans): WebLoginConfig | null {
  const [service] = jetty.held(handler, 'loginService')
  if (service === undefined) {
    refuse(handler, 'this SecurityHandler has no loginService', jetty)
    return null
  }
  const at = placeOf(service)
  const { findings, outer } = jetty
  if (classOf(service).endsWith('.HashLoginService')) {
    const config = jetty.text(service, 'config')
    if (config === null) {
      refuse(service, 'this HashLoginService has no config', jetty)
      return null
    }
    const file = jetty.file(config)
    if (!outer.sources.exists(file)) {
      const hint = 'create it (user: password, role), or start with -Dtandemmq.http=off'
      findings.refuse('CONFIG_LOGIN', config.at, `the realm ${file} does not exist`, hint)
    }
    const interval = jetty.text(service, 'refreshInterval')?.text ?? '0'
    return { kind: 'realm', at, file, reload: jetty.boolean(service, 'hotReload', false) || Number(interval) > 0 }
  }
  if (classOf(service).endsWith('.JAASLoginService')) {
    const realm = jetty.text(service, 'loginModuleName')?.text ?? jetty.text(service, 'name')?.text ?? ''
    const told = outer.system['java.security.auth.login.config']
    const loginConfig = outer.resource(told ?? 'classpath:login.config', at.file)
    if (!outer.sources.exists(loginConfig)) {
      const hint = 'put login.config into the conf directory, or start with -Dtandemmq.http=off'
      findings.refuse('CONFIG_LOGIN', at, `the login configuration ${loginConfig} does not exist`, hint)
    }
    return { kind: 'jaas', at, loginConfig, realm }
  }
  refuse(service, `${classOf(service)} is not served; HashLoginService and JAASLoginService are`, jetty)
  return null
}

/** One constraint for each path of a mapping: `/,/api/*,*.jsp`. */
function readMapping(mapping: Element, jetty: JettyBeans): readonly WebConstraintConfig[] {
  const [constraint] = jetty.held(mapping, 'constraint')
  const specs = jetty.texts(mapping, 'pathSpec').flatMap(({ text }) => text.split(/[,:]/))
  for (const name of ['method', 'methodOmissions'])
    if (jetty.texts(mapping, name).length > 0)
      refuse(mapping, `a constraint for some methods only (${name}) is not served`, jetty)
  if (constraint === undefined) {
    refuse(mapping, 'this ConstraintMapping has no constraint', jetty)
    return []
  }
  const data = jetty.text(constraint, 'dataConstraint')?.text ?? '0'
  if (!/^(?:-1|0|NONE)$/i.test(data)) refuse(constraint, `dataConstraint ${data} is not served`, jetty)
  const authenticate = jetty.boolean(constraint, 'authenticate', false)
  const roles = jetty.list(constraint, 'roles')
  return specs
    .map(spec => spec.trim())
    .filter(spec => spec !== '')
    .map(pathSpec => ({ pathSpec, authenticate, roles }))
}

function refuse(bean: Element, message: string, { findings }: JettyBeans): void {
  findings.refuse('CONFIG_PROTECTION', placeOf(bean), message, 'or start with -Dtandemmq.http=off')
}
