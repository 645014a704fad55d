import { suggest } from '../base/suggest.ts'
import type { Position } from '../base/errors.ts'
import type { Element } from '../xml/xml.ts'
import { attribute } from './beans.ts'
import { classOf, type JettyBeans } from './jetty-beans.ts'

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

/** All that can be set on the beans which say who is let in, and where (Jetty 7 to 9.4). */
const PROPERTIES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/\.Constraint$/, words('name roles authenticate dataConstraint')],
  [/\.ConstraintMapping$/, words('constraint pathSpec method methodOmissions')],
  [/\.WebConsolePort$/, words('host port')],
  [
    /\.(?:Constraint)?SecurityHandler(?:\$\w+)?$/,
    words(`loginService identityService authenticator authenticatorFactory authMethod realmName constraintMappings roles strict
      denyUncoveredHttpMethods checkWelcomeFiles handler server sessionRenewedOnAuthentication
      sessionMaxInactiveIntervalOnAuthentication stopTimeout`),
  ],
]

/** Classes by which somebody is kept out. */
const CLASSES = words(`ConstraintSecurityHandler ConstraintMapping Constraint HashLoginService JAASLoginService
  BasicAuthenticator InetAccessHandler WebConsolePort`)

/** A class that there is not, and is nearly called as one that protects. */
function checkClass(bean: Element, { findings }: JettyBeans): void {
  const name = classOf(bean).split('.').at(-1) ?? ''
  const meant = CLASSES.includes(name) ? null : suggest(name, CLASSES)
  if (meant === null) return
  const message = `there is no class ${classOf(bean)}`
  findings.error('CONFIG_VALUE', attribute(bean, 'class')?.at ?? bean.at, message, `did you mean "${meant}"?`)
}

/**
 * A property that such a bean has not ends the start of an ActiveMQ; here it would be left out, and who misspells
 * `authenticate` would let everybody in.
 */
export function checkProperties(jetty: JettyBeans): void {
  for (const bean of jetty.beans) {
    checkClass(bean, jetty)
    const known = PROPERTIES.find(([name]) => name.test(classOf(bean)))?.[1]
    if (known === undefined) continue
    for (const { name, at } of propertiesOf(bean)) {
      // Spring takes `LoginService` for `loginService`.
      if (known.includes(name.charAt(0).toLowerCase() + name.slice(1))) continue
      const meant = suggest(name, known)
      const hint = meant === null ? `it has ${known.join(', ')}` : `did you mean "${meant}"?`
      const short = classOf(bean).split('.').at(-1) ?? ''
      jetty.findings.error('CONFIG_UNKNOWN_ATTRIBUTE', at, `unknown property "${name}" of the ${short}`, hint)
    }
  }
}

function* propertiesOf(bean: Element): Generator<{ readonly name: string; readonly at: Position }> {
  for (const child of bean.children) {
    const name = child.local === 'property' ? attribute(child, 'name') : undefined
    if (name !== undefined) yield { name: name.value.trim(), at: name.at }
  }
  for (const { uri, local, at } of bean.attributes)
    if (uri.endsWith('/schema/p')) yield { name: local.replace(/-ref$/, ''), at }
}
