import type { Findings } from '../base/findings.ts'
import type { Element } from '../xml/xml.ts'
import { attribute, descendants, textOf } from './beans.ts'
import type { Environment } from './environment.ts'
import type { WebConfig, WebConstraintConfig, WebLoginConfig } from './model-web.ts'
import { resolve } from './paths.ts'

/** What files in Jetty's own dialect say of login, roles and addresses (management W-11). */
export type Configured = Pick<WebConfig, 'login' | 'constraints' | 'inet'>

const HINT = 'or start with -Dtandemmq.http=off'

/**
 * Reads `<New>`, `<Set>`, `<Call>` and `<Arg>` of the security handler, its login service and the address list, in the forms
 * that ActiveMQ's own files have. Anything else about them is refused: half a rule is none.
 */
export function readConfigures(roots: readonly Element[], outer: Environment, findings: Findings): Configured {
  const all = roots.flatMap(root => [...descendants(root)])
  const made = (name: RegExp): readonly Element[] =>
    all.filter(element => element.local === 'New' && name.test(textOf(element, 'class') ?? ''))
  const [handler, second] = made(/\.SecurityHandler(?:\$\w+)?$/)
  const refuse = (element: Element, message: string): void =>
    findings.refuse('CONFIG_PROTECTION', attribute(element, 'class')?.at ?? element.at, message, HINT)
  for (const unknown of made(/\.(?:IPAccessHandler|CrossOriginHandler)$/))
    refuse(unknown, `${textOf(unknown, 'class') ?? ''} is not served`)
  const inet = readInet(made(/\.InetAccessHandler$/), refuse)
  if (handler === undefined) return { login: null, constraints: [], inet }
  if (second !== undefined) refuse(second, 'a second SecurityHandler is not served')
  for (const authenticator of made(/\.authentication\.\w+$/))
    if (textOf(authenticator, 'class')?.endsWith('.BasicAuthenticator') !== true)
      refuse(authenticator, `${textOf(authenticator, 'class') ?? ''}: only HTTP Basic is served`)
  const services = made(/LoginService$/)
  const [service] = services
  if (service === undefined || services.length > 1) {
    refuse(service ?? handler, 'one login service is served, no more and no less')
    return { login: null, constraints: [], inet }
  }
  return { login: readService(service, outer, findings, refuse), constraints: readConstraints(handler, refuse), inet }
}

type Refuse = (element: Element, message: string) => void

function readService(service: Element, outer: Environment, findings: Findings, refuse: Refuse): WebLoginConfig | null {
  const className = textOf(service, 'class') ?? ''
  const { at } = service
  if (className.endsWith('.JAASLoginService')) {
    const realm = setting(service, 'loginModuleName') ?? setting(service, 'name') ?? ''
    const told = outer.system['java.security.auth.login.config']
    const loginConfig = outer.resource(told ?? 'classpath:login.config', at.file)
    if (!outer.sources.exists(loginConfig))
      findings.refuse('CONFIG_LOGIN', at, `the login configuration ${loginConfig} does not exist`, HINT)
    return { kind: 'jaas', at, loginConfig, realm }
  }
  const config = setting(service, 'config')
  if (!className.endsWith('.HashLoginService') || config === null) {
    refuse(service, `${className} is not served as it is written here`)
    return null
  }
  const file = resolve(outer.system['activemq.base'] ?? outer.cwd, config)
  if (!outer.sources.exists(file)) findings.refuse('CONFIG_LOGIN', at, `the realm ${file} does not exist`, HINT)
  return { kind: 'realm', at, file, reload: false }
}

/** The text of a `<Set>`; null: there is none, or it is made by something else than text. */
function setting(element: Element, name: string): string | null {
  const set = element.children.find(child => child.local === 'Set' && textOf(child, 'name') === name)
  return set === undefined || set.children.length > 0 ? null : set.text.trim()
}

/** `<Call name="put"><Arg>/path</Arg><Arg><Call class="…Constraint" name="from">…roles…</Call></Arg></Call>`. */
function readConstraints(handler: Element, refuse: Refuse): readonly WebConstraintConfig[] {
  return handler.children
    .filter(child => child.local === 'Call' && textOf(child, 'name') === 'put')
    .flatMap(put => {
      const [path, constraint] = put.children.filter(({ local }) => local === 'Arg')
      const [made, more] = constraint?.children ?? []
      const known =
        path?.children.length === 0 &&
        made?.local === 'Call' &&
        more === undefined &&
        textOf(made, 'name') === 'from' &&
        textOf(made, 'class')?.endsWith('.Constraint') === true
      const roles = made === undefined ? null : rolesOf(made)
      if (!known || roles === null || path === undefined) {
        refuse(put, 'this constraint is not read; Constraint.from with a list of roles is')
        return []
      }
      return [{ pathSpec: path.text.trim(), authenticate: true, roles }]
    })
}

/** Null: it is not one argument that is a list of texts. */
function rolesOf(made: Element): readonly string[] | null {
  const [only, second] = made.children
  const [list, more] = only?.children ?? []
  if (only?.local !== 'Arg' || second !== undefined || list?.local !== 'Array' || more !== undefined) return null
  if (!list.children.every(item => item.local === 'Item' && item.children.length === 0)) return null
  return list.children.map(item => item.text.trim())
}

const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:.]*:[0-9a-f:.]*)(?:\/\d{1,3})?$/i

function readInet(handlers: readonly Element[], refuse: Refuse): WebConfig['inet'] {
  if (handlers.length === 0) return null
  const include: string[] = []
  const exclude: string[] = []
  for (const call of handlers.flatMap(handler => handler.children.filter(({ local }) => local === 'Call'))) {
    const name = textOf(call, 'name')
    if (name !== 'include' && name !== 'exclude') {
      refuse(call, `InetAccessHandler: ${name ?? 'a call'} is not read; include and exclude are`)
      continue
    }
    const texts = [...descendants(call)].filter(({ children, text }) => children.length === 0 && text.trim() !== '')
    for (const { text } of texts) {
      const address = text.trim().replace(/\|\/\*?$/, '')
      if (ADDRESS.test(address)) (name === 'include' ? include : exclude).push(address)
      else refuse(call, `InetAccessHandler: "${text.trim()}" is not read; an address, or address/bits, is`)
    }
  }
  return { include, exclude }
}
