import test from 'ava'
import { damage, timeOf } from './damage.ts'

test('5000 damaged files each get a model or findings with places, within a second, and never an exception', damage)

const CORE = 'xmlns="http://activemq.apache.org/schema/core"'
const many = (count: number, one: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => one(i)).join('')

/** What an attacker, or a broken generator, would write: each once made something grow out of all proportion. */
const ATTACKS: Readonly<Record<string, string>> = {
  'lists of lists of references': `<beans>${many(30, i => `<list id="l${i}">${`<ref bean="l${i + 1}"/>`.repeat(10)}</list>`)}<list id="l30"/><broker ${CORE} plugins="#l0"/></beans>`,
  'placeholders of placeholders': `<beans><bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"><property name="properties"><props>${many(30, i => `<prop key="k${i}">${`\${k${i + 1}}`.repeat(9)}</prop>`)}</props></property></bean><broker ${CORE} brokerName="\${k0}"/></beans>`,
  'a hundred thousand attributes': `<broker ${many(100_000, i => `a${i}="1" `)}/>`,
  'a long attribute name': `<broker ${CORE} ${'a'.repeat(100_000)}="1"/>`,
  'openings of blocks that never close': `<broker ${CORE}>${'{{'.repeat(200_000)}${'{%'.repeat(200_000)}</broker>`,
  'openings of placeholders that never close': `<broker ${CORE} brokerName="${'${'.repeat(30_000)}"/>`,
  'a name without end': `<beans><bean name="${'a,'.repeat(30_000)}"/><broker ${CORE}/></beans>`,
  'beans that inherit in a circle': `<beans>${many(500, i => `<bean id="b${i}" parent="b${(i + 1) % 500}" class="org.apache.activemq.broker.region.policy.PolicyEntry"/>`)}<broker ${CORE} plugins="#b0"/></beans>`,
  'parentheses that never close': `<broker ${CORE}><networkConnectors><networkConnector uri="static:${'('.repeat(30_000)}"/></networkConnectors></broker>`,
  'thousands of options': `<broker ${CORE}><transportConnectors><transportConnector uri="stomp://h:1?${many(6000, i => `o${i}=1&amp;`)}"/></transportConnectors></broker>`,
  'thousands of unknown elements': `<broker ${CORE}>${many(5000, i => `<unknown${i}/>`)}</broker>`,
  'a comment of a megabyte': `<broker ${CORE}><!--${' x'.repeat(500_000)}--></broker>`,
  'a million lines': `<broker ${CORE}>${'\n'.repeat(1_000_000)}</broker>`,
  'deep nesting': '<a>'.repeat(500_000),
}

for (const [name, text] of Object.entries(ATTACKS))
  test.serial(`a file is answered within a second: ${name}`, async t => {
    t.true((await timeOf(Buffer.from(text))) < 1000)
  })
