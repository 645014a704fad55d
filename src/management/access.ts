import type { ObjectName } from './object-name.ts'
import { globMatches, nameMatches } from './pattern.ts'
import type { RequestType } from './request.ts'

/** What may be asked, by whom and how: a jolokia-access.xml, or one of the policies that need none (management JA-05). */
export interface AccessPolicy {
  /** For the log: the file, or the policy's name. */
  readonly label: string
  /** Lower-case methods of HTTP; null: all. */
  readonly methods: ReadonlySet<string> | null
  /** Addresses, names and `address/bits` that may ask; null: all. */
  readonly hosts: readonly string[] | null
  /** Null: all. */
  readonly commands: ReadonlySet<string> | null
  readonly origins: OriginRule
  readonly allow: readonly AccessRule[]
  readonly deny: readonly AccessRule[]
  /** Who may only read may not even ask (management JA-04). */
  readonly adminsOnly: boolean
}

export interface OriginRule {
  /** Patterns of origins; none: any. */
  readonly allowed: readonly string[]
  /** Also those are judged that send no Origin and no Referer. */
  readonly strict: boolean
  /** `http` and `https` are the same origin. */
  readonly ignoreScheme: boolean
  /** A program that sends no Origin, and is no browser, may ask (management JA-06). */
  readonly programs: boolean
}

export interface AccessRule {
  readonly name: ObjectName
  /** Names of attributes and operations; `*` stands for any text. */
  readonly read: readonly string[]
  readonly write: readonly string[]
  readonly operations: readonly string[]
}

export type Access = 'read' | 'write' | 'exec'

/** May a request of this type be made at all? One of a bean may also be allowed by the bean's own rule. */
export const allowsCommand = (policy: AccessPolicy, type: RequestType): boolean =>
  policy.commands === null || policy.commands.has(type)

/**
 * Which members of one bean may be used. A type that is not among the commands is denied unless an `<allow>` names the
 * member; a `<deny>` beats both. Rules are looked up once for a bean, not once for each of its attributes.
 */
export function accessTo(policy: AccessPolicy, access: Access, name: ObjectName): (member: string) => boolean {
  const listed = allowsCommand(policy, access)
  const members = (rules: readonly AccessRule[]): readonly string[] =>
    rules.filter(rule => nameMatches(rule.name, name)).flatMap(rule => membersOf(rule, access))
  const denied = members(policy.deny)
  const allowed = listed ? [] : members(policy.allow)
  if (listed && denied.length === 0) return () => true
  return member => {
    // An operation may come with its signature; the rule for its name is meant all the same.
    const open = member.endsWith(')') ? member.indexOf('(') : -1
    const texts = open < 0 ? [member] : [member, member.slice(0, open)]
    const named = (patterns: readonly string[]): boolean =>
      patterns.some(pattern => texts.some(text => globStar(pattern, text)))
    return !named(denied) && (listed || named(allowed))
  }
}

function membersOf(rule: AccessRule, access: Access): readonly string[] {
  return access === 'exec' ? rule.operations : rule[access]
}

/** Only `*` is a wildcard of members. */
const globStar = (pattern: string, text: string): boolean =>
  pattern.includes('*')
    ? globMatches(pattern.replaceAll('?', '\u0000'), text.replaceAll('?', '\u0000'))
    : pattern === text

/** An Origin as the rules compare it: `*` any text, in any case. */
export function originAllowed(rule: OriginRule, origin: string): boolean {
  if (rule.allowed.length === 0) return true
  const plain = (text: string): string => {
    const lower = text.toLowerCase()
    return rule.ignoreScheme ? lower.replace(/^https?:/, '') : lower
  }
  return rule.allowed.some(pattern => globStar(plain(pattern), plain(origin)))
}
