import { attributeOf, type AttributeWord, type ElementWord } from '../vocabulary/vocabulary.ts'
import type { Attribute, Edit } from '../xml/xml.ts'
import { addAttribute, rawValue, removeAttribute, renameAttribute, renameElement } from './edits.ts'
import { plain, plainAttributes, type ObjectPart } from './parts.ts'
import { renameSlot } from './pair-names.ts'
import { remark, type Change, type Remark, type Rule, type Sheet } from './sheet.ts'
import { knows, knowsAttribute, lifetime, nameOf } from './target.ts'

const SUCCESSOR = 'kahaDB'

/** Stores that kahaDB stands in for: each is one directory of files, and a broker has one. */
const REPLACED: readonly string[] = [
  'amqPersistenceAdapter',
  'amqPersistenceAdapterFactory',
  'kahaPersistenceAdapter',
  'levelDB',
  'journaledJDBC',
  'journalPersistenceAdapterFactory',
]

/** The same setting under kahaDB's name. */
const RENAMED: Readonly<Record<string, string>> = {
  dir: 'directory',
  dataDirectory: 'directory',
  dataDirectoryFile: 'directory',
  journalLogFileSize: 'journalMaxFileLength',
  useDatabaseLock: 'useLock',
}

const SHARED: readonly string[] = ['directory', 'useLock']

/** Messages may lie where such a setting says, and not in a directory; or it guards them. A person decides. */
const DECIDED: readonly string[] = [
  'dataSource',
  'jdbcAdapter',
  'adapter',
  'journal',
  'journalArchiveDirectory',
  'locker',
]

const SPRING_ATTRIBUTES = ['id', 'name', 'init-method', 'destroy-method', 'lazy-init', 'scope', 'depends-on']

/** A store that the target does not know, as today's store in the same directory. */
export const stores: Rule = function* (sheet) {
  for (const part of sheet.parts.objects) {
    if (!REPLACED.includes(part.name) || knows(sheet.target, part.word)) continue
    const successor = sheet.vocabulary.element(SUCCESSOR)?.word
    if (successor === undefined || !knows(sheet.target, successor)) continue
    const plan = planOf(part, successor, sheet)
    if ('kind' in plan) yield plan
    else yield change(part, plan, sheet)
  }
}

interface Plan {
  readonly edits: readonly Edit[]
  /** Settings that have no effect here and none of that name there. */
  readonly dropped: readonly string[]
}

const undecided = ({ element, word }: ObjectPart, why: string, { target }: Sheet): Remark => {
  const message = `<${element.local}> (${lifetime(word)}) is not what ${nameOf(target)} reads, and ${why}`
  return remark('UPGRADE_DECISION', element.span.start, message, `drain it, then write <${SUCCESSOR} directory="…"/>`)
}

function planOf(part: ObjectPart, successor: ElementWord, sheet: Sheet): Plan | Remark {
  const { element, word } = part
  const slots = slotEdits(part, sheet)
  if (typeof slots === 'string') return undecided(part, slots, sheet)
  if (element.children.length > 0) return undecided(part, 'it holds elements, which have to be judged', sheet)
  const edits: Edit[] = [...slots, ...renameElement(element, SUCCESSOR)]
  const dropped: string[] = []
  const taken = new Set<string>()
  for (const one of plainAttributes(element)) {
    const fate = fateOf(one, word, successor, sheet)
    if (fate === 'drop') {
      dropped.push(one.local)
      edits.push(removeAttribute(sheet.text, one))
    } else if ('why' in fate) return undecided(part, fate.why, sheet)
    else {
      if (taken.has(fate.name)) return undecided(part, `"${fate.name}" would be given twice`, sheet)
      taken.add(fate.name)
      if (fate.name !== one.local) edits.push(renameAttribute(one, fate.name))
    }
  }
  const size = attributeOf(word, 'journalLogFileSize')?.default
  if (size !== undefined && !taken.has('journalMaxFileLength'))
    edits.push(addAttribute(element, 'journalMaxFileLength', size))
  return { edits, dropped }
}

type Fate = 'drop' | { readonly name: string } | { readonly why: string }

function fateOf(one: Attribute, word: ElementWord, successor: ElementWord, sheet: Sheet): Fate {
  const { local } = one
  const old = attributeOf(word, local)
  if (old === undefined)
    return SPRING_ATTRIBUTES.includes(local) ? { name: local } : { why: `"${local}" is no setting of it` }
  if (DECIDED.includes(local)) return { why: `"${local}" says where its messages are, or who may open them` }
  const name = RENAMED[local] ?? local
  const known = knowsAttribute(sheet.target, successor, name)
  const next = attributeOf(successor, name)
  if (known && next !== undefined && sameHere(old, next, local)) return { name }
  if (old.verdict === 'ACCEPT' && !archives(one)) return 'drop'
  return { why: `"${local}" has no place on <${SUCCESSOR}>` }
}

/** In force in both, or in neither; the directory and the lock are read from every store. */
const sameHere = (old: AttributeWord, next: AttributeWord, local: string): boolean =>
  local in RENAMED || SHARED.includes(local) || (next.verdict === old.verdict && next.type === old.type)

/** kahaDB would begin to keep what it now deletes. */
const archives = ({ local, value }: Attribute): boolean =>
  local === 'archiveDataLogs' && !/^\s*(?:false|0)\s*$/i.test(value)

/** `<persistenceFactory>` holds no kahaDB: its place becomes `<persistenceAdapter>`. A sentence when it cannot. */
function slotEdits(part: ObjectPart, sheet: Sheet): readonly Edit[] | string {
  const { parent } = part
  if (parent?.kind === 'slot') {
    if (parent.key === 'persistenceAdapter') return []
    if (parent.key !== 'persistenceFactory') return `it stands in "${parent.key}"`
    if (sheet.parts.gives(parent.parent, 'persistenceAdapter')) return 'there is a persistenceAdapter as well'
    return renameSlot(parent, 'persistenceAdapter')
  }
  const id = plain(part.element, 'id')?.value ?? plain(part.element, 'name')?.value
  const edits: Edit[] = []
  for (const owner of id === undefined ? [] : sheet.parts.objects) {
    const reference = plainAttributes(owner.element).find(({ value }) => value.trim() === `#${id}`)
    if (reference === undefined || reference.local === 'persistenceAdapter') continue
    if (reference.local !== 'persistenceFactory') return `"${reference.local}" refers to it`
    if (sheet.parts.gives(owner, 'persistenceAdapter')) return 'there is a persistenceAdapter as well'
    edits.push(renameAttribute(reference, 'persistenceAdapter'))
  }
  return edits
}

function change({ element, word }: ObjectPart, { edits, dropped }: Plan, { target, text }: Sheet): Change {
  const directory = plainAttributes(element).find(
    ({ local }) => local === 'directory' || RENAMED[local] === 'directory',
  )
  const where = directory === undefined ? 'the default directory' : rawValue(text, directory)
  const without = dropped.length === 0 ? '' : `, without ${dropped.map(name => `"${name}"`).join(', ')}`
  return {
    kind: 'change',
    rule: 'store',
    offset: element.span.start,
    message: `<${element.local}> becomes <${SUCCESSOR}>${without}`,
    reason: `${nameOf(target)} no longer has it (${lifetime(word)}); messages that an ActiveMQ left in ${where} are not read by the new store: drain them first`,
    edits,
  }
}
