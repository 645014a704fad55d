import type { XmlNode } from './xml-document.ts'
import { XPathSyntaxError, XPathUnserved } from './xpath-token.ts'
import { boolean, type Context, type XPath, type XPathValue } from './xpath-value.ts'

/** XPath 1.0's core library, each with how many arguments it takes. */
interface CoreFunction {
  readonly least: number
  readonly most: number
  readonly call: (context: Context, args: readonly XPathValue[]) => XPathValue
}

/** What the JDK's evaluator adds to the core library. */
const EXTENSIONS: ReadonlySet<string> = new Set(
  'current generate-id system-property element-available function-available unparsed-entity-uri format-number'.split(
    ' ',
  ),
)

/** A call by name. Throws `XPathSyntaxError` for a function that does not exist, or with too few or many arguments. */
export function compileFunction(name: string, args: readonly XPath[]): XPath {
  const known = CORE.get(name)
  if (known === undefined) {
    if (EXTENSIONS.has(name)) throw new XPathUnserved(`the function ${name} is not served`)
    throw new XPathSyntaxError(`there is no function ${name}`)
  }
  if (args.length < known.least || args.length > known.most) throw new XPathSyntaxError(`arguments of ${name}`)
  return context =>
    known.call(
      context,
      args.map(arg => arg(context)),
    )
}

const MANY = Number.POSITIVE_INFINITY

const CORE: ReadonlyMap<string, CoreFunction> = new Map<string, CoreFunction>([
  ['last', of(0, 0, context => context.size)],
  ['position', of(0, 0, context => context.position)],
  ['count', of(1, 1, (_, [set]) => nodes(set).length)],
  // Without a document type there are no identifiers.
  ['id', of(1, 1, () => [])],
  ['local-name', of(0, 1, (context, [set]) => named(context, set)?.local ?? '')],
  ['namespace-uri', of(0, 1, (context, [set]) => named(context, set)?.namespace ?? '')],
  ['name', of(0, 1, (context, [set]) => named(context, set)?.name ?? '')],
  ['string', of(0, 1, text)],
  ['concat', of(2, MANY, ({ walk }, args) => args.map(arg => walk.string(arg)).join(''))],
  ['starts-with', ofTexts((a, b) => a.startsWith(b))],
  ['contains', ofTexts((a, b) => a.includes(b))],
  ['substring-before', ofTexts((a, b) => a.slice(0, Math.max(0, a.indexOf(b))))],
  ['substring-after', ofTexts((a, b) => (a.includes(b) ? a.slice(a.indexOf(b) + b.length) : ''))],
  ['substring', of(2, 3, substring)],
  ['string-length', of(0, 1, (context, args) => text(context, args).length)],
  ['normalize-space', of(0, 1, normalized)],
  ['translate', of(3, 3, translate)],
  ['boolean', of(1, 1, (_, [value = '']) => boolean(value))],
  ['not', of(1, 1, (_, [value = '']) => !boolean(value))],
  ['true', of(0, 0, () => true)],
  ['false', of(0, 0, () => false)],
  ['lang', of(1, 1, lang)],
  ['number', of(0, 1, ({ walk, node }, [value = [node]]) => walk.number(value))],
  ['sum', of(1, 1, ({ walk }, [set]) => nodes(set).reduce((sum, node) => sum + walk.number([node]), 0))],
  ['floor', of(1, 1, ({ walk }, [value = '']) => Math.floor(walk.number(value)))],
  ['ceiling', of(1, 1, ({ walk }, [value = '']) => Math.ceil(walk.number(value)))],
  ['round', of(1, 1, ({ walk }, [value = '']) => Math.round(walk.number(value)))],
])

function of(least: number, most: number, call: CoreFunction['call']): CoreFunction {
  return { least, most, call }
}

function ofTexts(call: (left: string, right: string) => XPathValue): CoreFunction {
  return of(2, 2, ({ walk }, [left = '', right = '']) => call(walk.string(left), walk.string(right)))
}

/** The argument as a node-set; there is no way to make one of anything else. */
export function nodes(value: XPathValue | undefined): readonly XmlNode[] {
  if (typeof value !== 'object') throw new XPathSyntaxError('a node-set is needed')
  return value
}

function named({ node }: Context, set: XPathValue | undefined): XmlNode | undefined {
  return set === undefined ? node : nodes(set)[0]
}

function text({ walk, node }: Context, [value = [node]]: readonly XPathValue[]): string {
  return walk.string(value)
}

function normalized(context: Context, args: readonly XPathValue[]): string {
  const whole = text(context, args)
  context.walk.visit(whole.length >> 2)
  return words(whole).join(' ')
}

const words = (value: string): readonly string[] => value.split(/[ \t\r\n]+/).filter(word => word !== '')

/** Positions count from 1 and are rounded; what is not a number takes nothing, but as a lone start everything (the JDK does). */
function substring({ walk }: Context, [value = '', start = '', length]: readonly XPathValue[]): string {
  const from = Math.round(walk.number(start))
  if (Number.isNaN(from) && length === undefined) return walk.string(value)
  const to = length === undefined ? MANY : from + Math.round(walk.number(length))
  const whole = walk.string(value)
  walk.visit(whole.length >> 2)
  let part = ''
  let at = 0
  for (const char of whole) if (++at >= from && at < to) part += char
  return part
}

function translate({ walk }: Context, [value = '', from = '', to = '']: readonly XPathValue[]): string {
  const targets = Array.from(walk.string(to))
  const map = new Map<string, string>()
  for (const [i, char] of Array.from(walk.string(from)).entries()) if (!map.has(char)) map.set(char, targets[i] ?? '')
  const whole = walk.string(value)
  walk.visit(whole.length >> 1)
  let translated = ''
  for (const char of whole) translated += map.get(char) ?? char
  return translated
}

function lang({ walk, node }: Context, [value = '']: readonly XPathValue[]): boolean {
  const wanted = walk.string(value).toLowerCase()
  for (let at: XmlNode | null = node; at !== null; at = at.parent) {
    const found = at.attributes.find(attribute => attribute.name === 'xml:lang')
    if (found === undefined) continue
    const language = found.value.toLowerCase()
    return language === wanted || language.startsWith(`${wanted}-`)
  }
  return false
}
