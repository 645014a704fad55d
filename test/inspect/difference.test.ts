import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { readConfig, type Reading } from '../../src/config/config.ts'
import { compared, differencesOf, type Difference } from '../../src/inspect/inspect.ts'
import type { Attribute, Element } from '../../src/xml/xml.ts'
import { beans, broker, directoryWith, STOMP } from '../config/loading.ts'
import { confOf, convert, parse, read, samples, tools, type Sample } from '../document/converting.ts'

const compare = (a: Reading, b: Reading): readonly Difference[] => differencesOf(a, b, tools.vocabulary)

/** Two texts beside each other; the name's ending says the format. */
async function diff(a: string, b: string, files: Readonly<Record<string, string>> = {}, nameB = 'b.xml') {
  const directory = directoryWith({ 'a.xml': a, [nameB]: b, ...files })
  const load = (name: string): Promise<Reading> =>
    readConfig(join(directory, name), { properties: {}, env: {}, cwd: directory })
  return compare(await load('a.xml'), await load(nameB))
}

const told = (differences: readonly Difference[]): readonly string[] =>
  differences.map(({ path, a, b, effect }) => `${path}: ${a?.text ?? '-'} > ${b?.text ?? '-'} (${effect})`)

const whole = (attributes: string, content: string): string => beans(broker(attributes, content))

test('the way a file is written is no difference: order, prefixes, comments, aliases, defaults, elements', async t => {
  const a = whole(
    'brokerName="x" masterConnectorURI="tcp://a:1" persistent="true" useJmx="TRUE"',
    `<plugins><simpleAuthenticationPlugin><users>
       <authenticationUser username="u" password="p" groups="users,admins"/>
       <authenticationUser username="v" password="q" groups="users"/>
     </users></simpleAuthenticationPlugin></plugins>
     <systemUsage><systemUsage><memoryUsage><memoryUsage limit="64 mb"/></memoryUsage></systemUsage></systemUsage>
     <transportConnectors><transportConnector name="stomp" uri="stomp://127.0.0.1:61613?trace=true&amp;maximumConnections=9"/></transportConnectors>`,
  )
  const b = `<b:beans xmlns:b="http://www.springframework.org/schema/beans" xmlns:q="http://activemq.apache.org/schema/core">
    <b:bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer">
      <b:property name="location" value="file:\${activemq.conf}/x.properties"/></b:bean>
    <q:broker activeConnectorURI="\${uri}" brokerName="x" systemUsage="#usage"><!-- hello -->
      <q:transportConnectors><q:transportConnector name="stomp" uri="stomp://127.0.0.1:61613?maximumConnections=9&amp;trace=true"/></q:transportConnectors>
      <q:useJmx>true</q:useJmx>
      <q:plugins><b:list><q:simpleAuthenticationPlugin><q:users>
         <q:authenticationUser groups="users" password="q" username="v"/>
         <q:authenticationUser groups="admins, users" username="u"><q:password>p</q:password></q:authenticationUser>
      </q:users></q:simpleAuthenticationPlugin></b:list></q:plugins>
    </q:broker>
    <q:systemUsage id="usage"><q:memoryUsage><q:memoryUsage limit="67108864"/></q:memoryUsage></q:systemUsage>
  </b:beans>`
  t.deepEqual(told(await diff(a, b, { 'x.properties': 'uri=tcp://a:1\n' })), [])
})

test('what differs is told by its path in the words of the XML, with both places and what it changes', async t => {
  const a = whole(
    'brokerName="x" networkConnectorStartAsync="true"',
    `<destinationPolicy><policyMap><policyEntries><policyEntry queue="A.>" memoryLimit="1mb"/><policyEntry topic="T"/></policyEntries></policyMap></destinationPolicy>
     <persistenceAdapter><kahaDB directory="d"/></persistenceAdapter>${STOMP}`,
  )
  const b = whole(
    'brokerName="y"',
    `<destinationPolicy><policyMap><policyEntries><policyEntry topic="T"/><policyEntry queue="A.>" memoryLimit="2mb"/></policyEntries></policyMap></destinationPolicy>
     <persistenceAdapter><memoryPersistenceAdapter/></persistenceAdapter>${STOMP}`,
  )
  const differences = await diff(a, b)
  t.deepEqual(told(differences).slice(0, 5), [
    'broker/@brokerName: x > y (behaviour)',
    'broker/@networkConnectorStartAsync: true > - (none)',
    "broker/destinationPolicy/policyMap/policyEntries/policyEntry[@queue='A.>']/@memoryLimit: 1mb > 2mb (behaviour)",
    'broker/persistenceAdapter/kahaDB: <kahaDB directory="d"> > - (behaviour)',
    'broker/persistenceAdapter/memoryPersistenceAdapter: - > <memoryPersistenceAdapter> (behaviour)',
  ])
  t.is(differences.length, 5)
  const [name] = differences
  t.true(name?.a?.at.file.endsWith('a.xml') === true && name.b?.at.file.endsWith('b.xml') === true)
  t.is(name?.a?.at.line, 3)
})

test('a secret that differs is said to differ and never shown, wherever it stands', async t => {
  const file = (secret: string): string =>
    beans(
      broker(
        '',
        `<plugins><simpleAuthenticationPlugin><users><authenticationUser username="u" password="${secret}" groups="g"/></users></simpleAuthenticationPlugin></plugins>
         <networkConnectors><networkConnector name="n" uri="static:(tcp://u:${secret}@h:1)"/></networkConnectors>
         <transportConnectors><transportConnector name="stomp" uri="stomp://127.0.0.1:61613?keyStorePassword=${secret}"/></transportConnectors>`,
      ) +
        `<bean id="ds" class="com.Source"><property name="password" value="${secret}"/><property name="dbPassword"><value>${secret}</value></property>
           <property name="more"><props><prop key="password">${secret}</prop></props></property>
           <property name="url" value="jdbc:x?password=${secret}"/></bean>`,
    )
  const differences = await diff(file('hunter2one'), file('hunter2two'))
  t.is(differences.length, 7)
  t.notRegex(JSON.stringify(differences), /hunter2/)
  const filled = await diff(
    whole('userName="u"', STOMP.replace('uri=', 'updateClusterFilter="${filter}" uri=')),
    whole('userName="u"', STOMP.replace('uri=', 'updateClusterFilter="plain" uri=')),
    { 'x.properties': 'filter=hunter2\n' },
  )
  t.true(filled.length > 0)
  t.notRegex(JSON.stringify(filled), /hunter2/)
})

test('the order of plugins is told, the order of connectors is none', async t => {
  const plugins = ['<timeStampingBrokerPlugin/>', '<statisticsBrokerPlugin/>']
  const connectors = ['a', 'b'].map(
    (name, index) => `<transportConnector name="${name}" uri="stomp://127.0.0.1:${index + 1}"/>`,
  )
  const file = (order: <T>(all: readonly T[]) => readonly T[]): string =>
    whole(
      '',
      `<plugins>${order(plugins).join('')}</plugins><transportConnectors>${order(connectors).join('')}</transportConnectors>`,
    )
  const differences = await diff(
    file(all => all),
    file(all => all.toReversed()),
  )
  t.deepEqual(
    differences.map(({ path, kind }) => `${kind} ${path}`),
    ['order broker/plugins'],
  )
})

test('a connector that only got another name is one difference, and one that starts no more is told', async t => {
  const differences = await diff(whole('', STOMP), whole('', STOMP.replace('"stomp"', '"other"')))
  t.deepEqual(told(differences), [
    "broker/transportConnectors/transportConnector[@name='stomp']/@name: stomp > other (behaviour)",
  ])
  const broken = await diff(whole('', STOMP), whole('useJmx="perhaps"', STOMP))
  t.deepEqual(
    broken.map(({ kind }) => kind),
    ['value', 'outcome'],
  )
})

test('the same file in another directory means the same, as YAML as well', async t => {
  const text = whole(
    'dataDirectory="${activemq.data}"',
    `<persistenceAdapter><kahaDB directory="\${activemq.base}/kahadb"/></persistenceAdapter>${STOMP}`,
  )
  const here = directoryWith({ 'conf/activemq.xml': text })
  const there = directoryWith({ 'new.yaml': convert(text, 'activemq.xml', 'yaml') })
  const load = (path: string): Promise<Reading> => readConfig(path, { properties: {}, env: {}, cwd: here })
  t.deepEqual(told(compare(await load(join(here, 'conf/activemq.xml')), await load(join(there, 'new.yaml')))), [])
})

/** What such a bean says shows where it is used. */
const fillsPlaceholders = ({ attributes, local }: Element): boolean =>
  local === 'property-placeholder' || attributes.some(({ value }) => /Configurer$|^org\.jasypt/.test(value))

/** An id means nothing in itself. */
const means = ({ qname, uri, local }: Attribute): boolean => !qname.startsWith('xmlns') && uri === '' && local !== 'id'

const isSlot = ({ uri, local }: Element, child: Element): boolean => {
  const word = tools.vocabulary.data.namespaces.includes(uri) ? tools.vocabulary.element(local) : null
  return word !== null && Object.hasOwn(word.word.attributes, child.local)
}

interface Prepared extends Sample {
  readonly conf: string
  readonly reading: Reading
  /** Every attribute that means something, with the elements around it, innermost first. */
  readonly attributes: readonly { readonly attribute: Attribute; readonly around: readonly Element[] }[]
  readonly elements: readonly Element[]
}

const prepared: readonly Prepared[] = await Promise.all(
  samples().map(async sample => {
    const conf = confOf(sample)
    const reading = await read(conf, 'activemq.xml', sample.text)
    const { tree } = parse(sample.text, 'activemq.xml')
    const attributes: { attribute: Attribute; around: readonly Element[] }[] = []
    const elements: Element[] = []
    const visit = (element: Element, around: readonly Element[]): void => {
      if (fillsPlaceholders(element) || element.local === 'import') return
      // A profile decides whether its content counts, and says nothing else.
      const profile = element.attributes.find(({ local }) => local === 'profile')
      if (profile !== undefined && profile.value !== 'default') return
      elements.push(element)
      for (const attribute of element.attributes)
        if (means(attribute) && attribute !== profile) attributes.push({ attribute, around: [element, ...around] })
      // Of a slot that is given twice the later one counts, here and in ActiveMQ.
      const counts = (child: Element, index: number): boolean =>
        !isSlot(element, child) || !element.children.slice(index + 1).some(({ local }) => local === child.local)
      for (const child of element.children.filter(counts)) visit(child, [element, ...around])
    }
    if (tree !== null && reading.broker !== null)
      for (const top of tree.root.local === 'beans' ? tree.root.children : [tree.root]) visit(top, [])
    return { ...sample, conf, reading, attributes, elements }
  }),
)
// Of one setting under two names the later one counts.
const usable = prepared.filter(
  ({ name, attributes }) => attributes.length > 0 && name !== 'one setting under two names',
)

const RUNS = Number(process.env['RUNS'] ?? 250)
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)

test('one changed value is found wherever it is, at its place', async t => {
  t.log(`seed ${seed}`)
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(), async (which, where) => {
      const sample = usable[which % usable.length]
      const picked = sample?.attributes[where % (sample.attributes.length || 1)]
      if (sample === undefined || picked === undefined) return
      const { attribute, around } = picked
      const { valueEnd } = attribute.span
      const text = `${sample.text.slice(0, valueEnd)}x${sample.text.slice(valueEnd)}`
      const differences = compare(sample.reading, await read(sample.conf, 'other.xml', text))
      const near = [attribute, ...around, ...around.flatMap(one => one.attributes)]
      const lines = new Set(near.map(({ at }) => at.line))
      const found = differences.filter(({ path, kind, a, b }) => {
        const here = [a, b].some(side => side !== null && lines.has(side.at.line))
        return kind !== 'outcome' && (here || path.includes(attribute.local) || path.includes(attribute.value))
      })
      t.true(
        found.length > 0,
        `${sample.name}: ${attribute.local} at line ${attribute.at.line}: ${told(differences).join('; ')}`,
      )
    }),
    { numRuns: RUNS, seed },
  )
})

test('a comment, blanks, a line or another order of attributes is no difference', async t => {
  t.log(`seed ${seed}`)
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.nat(),
      fc.constantFrom('order', '<!-- ! -->', ' ', '\n\n'),
      async (which, where, how) => {
        const sample = usable[which % usable.length]
        const element = sample?.elements[where % sample.elements.length]
        if (sample === undefined || element === undefined) return
        const text = how === 'order' ? reordered(sample.text, element) : inserted(sample.text, element, how)
        const differences = compare(sample.reading, await read(sample.conf, 'changed.xml', text))
        t.deepEqual(told(differences), [], `${sample.name}: ${element.local} at line ${element.at.line}: ${how}`)
      },
    ),
    { numRuns: RUNS, seed },
  )
})

const inserted = (text: string, { span }: Element, what: string): string =>
  text.slice(0, span.start) + what + text.slice(span.start)

function reordered(text: string, { span, attributes }: Element): string {
  const [first] = attributes
  if (first === undefined) return text
  const written = attributes.map(one => text.slice(one.span.start, one.span.valueEnd + 1))
  const rest = attributes.reduce((all, one) => Math.max(all, one.span.valueEnd + 1), 0)
  return `${text.slice(0, first.span.start)}${written.toReversed().join('\n ')}${text.slice(rest, span.open)}${text.slice(span.open)}`
}

test('a file and what it was converted to mean the same', async t => {
  for (const [index, { name, text, conf, reading }] of usable.entries())
    for (const to of ['yaml', index % 2 === 0 ? 'json' : 'xml'] as const) {
      writeFileSync(join(conf, `converted.${to}`), convert(text, 'activemq.xml', to))
      const other = await readConfig(join(conf, `converted.${to}`), { properties: {}, env: {}, cwd: dirname(conf) })
      t.deepEqual(told(compare(reading, other)), [], `${name} as ${to}`)
    }
})

test('a reload of a large file leaves others their turn: it is read in steps, and compared object by object', async t => {
  const entries = (most: number, limit: string): string =>
    Array.from({ length: most }, (_, i) => `<policyEntry queue="q.${i}" memoryLimit="${limit}"/>`).join('\n')
  const file = (most: number, limit: string): string =>
    whole(
      '',
      `<destinationPolicy><policyMap><policyEntries>${entries(most, limit)}</policyEntries></policyMap></destinationPolicy>`,
    )
  const directory = directoryWith({ 'a.xml': file(300, '1mb'), 'b.xml': file(301, '2mb') })
  const load = (name: string): Promise<Reading> =>
    readConfig(join(directory, name), { properties: {}, env: {}, cwd: directory })
  const a = await load('a.xml')
  let steps = 0
  const rest = async (): Promise<void> => void steps++
  const b = await readConfig(join(directory, 'b.xml'), { properties: {}, env: {}, cwd: directory, rest })
  t.true(steps >= 4, `${steps} rests`)
  const work = compared(a, b, tools.vocabulary)
  let rests = 0
  let step = work.next()
  for (; step.done !== true; step = work.next()) rests++
  t.true(rests > 300, `${rests} rests`)
  t.deepEqual(step.value, compare(a, b))
  t.is(step.value.length, 301)
})
