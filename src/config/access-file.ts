import { decodeXml, parseTree, XML_LIMITS, type Element } from '../xml/xml.ts'
import type { AccessConfig, AccessRuleConfig } from './model-web.ts'
import type { Site } from './site.ts'
import { startOf } from './sources.ts'

/**
 * A jolokia-access.xml as it is written (management JA-05). It protects: a word that is not known is refused, and so is
 * a file that cannot be read.
 */
export function readAccess(file: string, site: Site): AccessConfig | null {
  const { outer, findings, xml2js } = site
  const bytes = outer.sources.read(file)
  const text = bytes === null || bytes.length > XML_LIMITS.bytes ? null : decodeXml(bytes)
  if (text === null) {
    findings.refuse('CONFIG_PROTECTION', startOf(file), 'this access policy cannot be read')
    return null
  }
  const tree = parseTree(xml2js, text, file, findings)
  if (tree === null) return null
  const { root } = tree
  if (root.local !== 'restrict') {
    findings.refuse('CONFIG_PROTECTION', root.at, `<${root.qname}> is no access policy`, 'its root is <restrict>')
    return null
  }
  const reader = new AccessReader(root, site)
  const cors = reader.sections('cors')
  const access = {
    at: root.at,
    methods: reader.words('http', 'method')?.map(word => word.toLowerCase()) ?? null,
    hosts: reader.words('remote', 'host'),
    commands: reader.words('commands', 'command')?.map(word => word.toLowerCase()) ?? null,
    origins: cors.flatMap(section => reader.texts(section, 'allow-origin')),
    strictChecking: cors.some(section => section.children.some(({ local }) => local === 'strict-checking')),
    ignoreScheme: cors.some(section => section.children.some(({ local }) => local === 'ignore-scheme')),
    allow: [...reader.rules('allow'), ...reader.rules('mbeans')],
    deny: reader.rules('deny'),
  }
  reader.refuseUnknown()
  return access
}

/** What each section may hold. */
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  http: ['method'],
  remote: ['host'],
  commands: ['command'],
  cors: ['allow-origin', 'strict-checking', 'ignore-scheme'],
  allow: ['mbean'],
  mbeans: ['mbean'],
  deny: ['mbean'],
}
const COMMANDS = ['read', 'write', 'exec', 'list', 'version', 'search', 'notification']
const HOST =
  /^(?:localhost|[\w.-]+|\d{1,3}(?:\.\d{1,3}){3}(?:\/(?:\d{1,2}|\d{1,3}(?:\.\d{1,3}){3}))?|[0-9a-f:]+(?:\/\d{1,3})?)$/i

class AccessReader {
  readonly #root: Element
  readonly #site: Site

  constructor(root: Element, site: Site) {
    this.#root = root
    this.#site = site
  }

  sections(name: string): readonly Element[] {
    return this.#root.children.filter(({ local }) => local === name)
  }

  texts(section: Element, name: string): readonly string[] {
    return section.children.filter(({ local }) => local === name).map(({ text }) => text.trim())
  }

  /** Null: there is no such section, so nothing is limited. */
  words(section: string, name: string): readonly string[] | null {
    const found = this.sections(section)
    return found.length === 0 ? null : found.flatMap(one => this.texts(one, name))
  }

  rules(section: string): readonly AccessRuleConfig[] {
    return this.sections(section).flatMap(one =>
      one.children.filter(({ local }) => local === 'mbean').flatMap(mbean => this.#rule(mbean)),
    )
  }

  #rule(mbean: Element): readonly AccessRuleConfig[] {
    const [name, second] = this.texts(mbean, 'name')
    if (name === undefined || second !== undefined || !/^[^:]*:./.test(name)) {
      this.#refuse(mbean, 'an <mbean> has one <name>, such as org.apache.activemq:*')
      return []
    }
    const attributes = mbean.children.filter(({ local }) => local === 'attribute')
    const writable = attributes.filter(
      ({ attributes: own }) => own.find(({ local }) => local === 'mode')?.value.toLowerCase() !== 'read',
    )
    return [
      {
        name,
        read: attributes.map(({ text }) => text.trim()),
        write: writable.map(({ text }) => text.trim()),
        operations: this.texts(mbean, 'operation'),
      },
    ]
  }

  refuseUnknown(): void {
    for (const section of this.#root.children) {
      const known = Object.hasOwn(SECTIONS, section.local) ? SECTIONS[section.local] : undefined
      if (known === undefined) this.#refuse(section, `<${section.qname}> is not known in an access policy`)
      else for (const child of section.children) this.#check(child, section, known)
    }
  }

  #check(child: Element, section: Element, known: readonly string[]): void {
    const text = child.text.trim()
    if (!known.includes(child.local)) this.#refuse(child, `<${child.qname}> is not known inside <${section.qname}>`)
    else if (child.local === 'command' && !COMMANDS.includes(text.toLowerCase()))
      this.#refuse(child, `"${text}" is no command; it is one of ${COMMANDS.join(', ')}`)
    else if (child.local === 'host' && (!HOST.test(text) || /[g-z]/i.test(text.replace(/^localhost$/i, ''))))
      this.#refuse(child, `"${text}" is read as no address; write an address, address/bits or localhost`)
    else if (child.local === 'mbean')
      for (const inner of child.children)
        if (!['name', 'attribute', 'operation'].includes(inner.local))
          this.#refuse(inner, `<${inner.qname}> is not known inside <mbean>`)
  }

  #refuse(element: Element, message: string): void {
    const hint = 'correct it, or choose a policy with -Dtandemmq.jolokia.policy=compat'
    this.#site.findings.refuse('CONFIG_PROTECTION', element.at, message, hint)
  }
}
