/** A small generator with a seed (mulberry32): the same seed gives the same mutations on every machine. */
export function generator(seed: number): (below: number) => number {
  let state = seed >>> 0
  return below => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

type Random = (below: number) => number

const pick = <T>(from: readonly T[], random: Random): T => from[random(from.length)] as T

/** Words that have broken parsers before: prototype names, placeholders, entities, references, templates, huge numbers. */
const NASTY: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '${',
  '${a:${a:${a}}}',
  '${__proto__}',
  '#{x}',
  '#self',
  '#null',
  '##',
  '&amp;&lt;&#0;',
  '&#xD800;',
  '&x;',
  '{{',
  '{{ x }}',
  '<%= x %>',
  '%s%n',
  '@@x@@',
  '-1',
  '9'.repeat(400),
  '1e999',
  'NaN',
  '1 gb'.repeat(50),
  '((((((',
  'static:(static:(static:(tcp://a:1)))',
  'stomp://[::1',
  'broker:(tcp://a:1)',
  '\u0000',
  '\uFEFF',
  '\uD800',
  'é'.repeat(50),
  '\r\n'.repeat(50),
  ' '.repeat(3000),
  'a'.repeat(20_000),
  '"',
  "'",
  '<',
  '>',
  ']]>',
  '--',
  '<![CDATA[',
  '<!--',
  '<?xml version="1.0" encoding="UTF-16"?>',
  '<!DOCTYPE a [<!ENTITY x "y">]>',
  ' xmlns=""',
  ' xmlns:x="http://activemq.apache.org/schema/core"',
]

const ELEMENT = /<[A-Za-z][^<>]{0,400}>/g
const ATTRIBUTE = /(?<![\w:.-])[\w:.-]{1,60}="[^"<>]{0,400}"/g

/** The first match from a random place on: the text may be large, and only one is wanted. */
function spot(text: string, expression: RegExp, random: Random): { readonly from: number; readonly to: number } | null {
  for (const start of [random(text.length + 1), 0]) {
    expression.lastIndex = start
    const match = expression.exec(text)
    if (match !== null) return { from: match.index, to: match.index + match[0].length }
  }
  return null
}

const splice = (text: string, from: number, to: number, into: string): string =>
  text.slice(0, from) + into + text.slice(to)

type Mutation = (text: string, random: Random) => string

const atSpot =
  (expression: RegExp, change: (found: string, random: Random) => string): Mutation =>
  (text, random) => {
    const found = spot(text, expression, random)
    if (found === null) return text
    const { from, to } = found
    return splice(text, from, to, change(text.slice(from, to), random))
  }

const anywhere: Mutation = (text, random) => {
  const at = random(text.length + 1)
  return splice(text, at, at, pick(NASTY, random))
}

const nest = (tag: string, depth: number): string => `<${tag}>`.repeat(depth) + `</${tag}>`.repeat(depth)

/** Each kind of damage, so that a failing run names it. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  truncate: (text, random) => text.slice(0, random(text.length)),
  behead: (text, random) => text.slice(random(text.length)),
  remove: (text, random) => {
    const from = random(text.length)
    return splice(text, from, from + random(200), '')
  },
  repeat: (text, random) => {
    const from = random(text.length)
    const piece = text.slice(from, from + random(400))
    return splice(text, from, from, piece.repeat(1 + random(5)))
  },
  insert: anywhere,
  swap: (text, random) => {
    const [a, b] = [random(text.length), random(text.length)]
    const [from, to] = a < b ? [a, b] : [b, a]
    return text.slice(to, to + 100) + splice(text, from, from + 100, '')
  },
  dropTag: atSpot(ELEMENT, () => ''),
  doubleTag: atSpot(ELEMENT, found => found + found),
  closeTag: atSpot(ELEMENT, found => found.replace(/\/?>$/, '/>')),
  renameTag: atSpot(/<\/?[A-Za-z][\w:.-]*/g, (found, random) =>
    pick(['<x', '<__proto__', '<bean', '<broker', '</y', '<a:b', `${found}s`], random),
  ),
  nestTag: atSpot(
    ELEMENT,
    (found, random) => nest(pick(['bean', 'list', 'plugins', 'policyEntry', 'beans'], random), 1 + random(200)) + found,
  ),
  dropAttribute: atSpot(ATTRIBUTE, () => ''),
  doubleAttribute: atSpot(ATTRIBUTE, found => `${found} ${found}`),
  renameAttribute: atSpot(ATTRIBUTE, (found, random) =>
    found.replace(/^[^=]+/, pick(['x', '__proto__', 'constructor', 'id', 'class', 'ref', 'queue', 'xmlns'], random)),
  ),
  value: atSpot(ATTRIBUTE, (found, random) =>
    found.replace(/"[^]*"$/, () => `"${pick(NASTY, random).replace(/["<&]/g, '')}"`),
  ),
  rawValue: atSpot(ATTRIBUTE, (found, random) => found.replace(/"[^]*"$/, () => `"${pick(NASTY, random)}"`)),
  reference: atSpot(ATTRIBUTE, (found, random) =>
    found.replace(/"[^]*"$/, () => `"#${pick(['self', 'broker', 'ds', '__proto__', 'constructor', ''], random)}"`),
  ),
  selfReference: atSpot(/<broker\b/g, found => `${found} id="self" plugins="#self" destinations="#self"`),
  manyAttributes: atSpot(
    /<[A-Za-z][\w:.-]*/g,
    (found, random) => `${found} ${Array.from({ length: random(400) }, (_, i) => `a${i}="${i}"`).join(' ')}`,
  ),
  hugeValue: atSpot(ATTRIBUTE, (found, random) =>
    found.replace(
      /"[^]*"$/,
      () => `"${pick(['a', ' ', '${a}', '(', '%', '{{', '#', ','], random).repeat(random(60_000))}"`,
    ),
  ),
  manyElements: atSpot(ELEMENT, (found, random) => found + '<queue physicalName="q"/>'.repeat(random(1500))),
  placeholderBomb: atSpot(/<broker\b/g, found =>
    found.replace(
      '<broker',
      `<bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"><property name="properties"><props>${Array.from({ length: 20 }, (_, i) => `<prop key="k${i}">${`\${k${i + 1}}`.repeat(8)}</prop>`).join('')}<prop key="k20">x</prop></props></property></bean><broker brokerName="\${k0}"`,
    ),
  ),
  entities: text =>
    text.replace(
      /<[a-z:]*beans|<[a-z:]*broker/,
      found => `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>${found}`,
    ),
  comment: atSpot(ELEMENT, found => `<!-- ${found}`),
  importSelf: atSpot(/<broker\b/g, found => `<import resource="activemq.xml"/>${found}`),
  template: atSpot(
    ELEMENT,
    (found, random) => `${pick(['{% if a %}', '<% if (a < b) { %>', '{{ x }}', '<%= "a>b" %>', '{%'], random)}${found}`,
  ),
  namespaces: (text, random) =>
    text.replaceAll(
      /http:\/\/activemq\.apache\.org\/schema\/core/g,
      pick(['', 'http://activemq.org/config/1.0', 'http://www.springframework.org/schema/beans', 'urn:x'], random),
    ),
  encoding: (text, random) =>
    `<?xml version="1.0" encoding="${pick(['UTF-16', 'ISO-8859-1', 'x-none', 'UTF-7', ''], random)}"?>${text.replace(/^<\?xml[^>]*\?>/, '')}`,
}

/** A mutated file as bytes; some mutations are of the bytes themselves. */
export function mutate(text: string, random: Random): { readonly kind: string; readonly bytes: Buffer } {
  const kinds = Object.keys(MUTATIONS)
  const chosen = Array.from({ length: 1 + random(3) }, () => pick(kinds, random))
  const changed = chosen.reduce((before, kind) => MUTATIONS[kind]?.(before, random) ?? before, text)
  const bytes = Buffer.from(changed, random(20) === 0 ? pick(['utf16le', 'latin1'] as const, random) : 'utf8')
  if (random(8) !== 0) return { kind: chosen.join('+'), bytes }
  for (let i = random(30); i >= 0 && bytes.length > 0; i--) bytes[random(bytes.length)] = random(256)
  return { kind: `${chosen.join('+')}+bytes`, bytes }
}
