import { join } from 'node:path'
import test from 'ava'
import { formatFinding, type LoadResult } from '../../src/config/config.ts'
import { broker, codes, CONFIGURER, directoryWith, find, load, STOMP, stops } from './loading.ts'

const NAMESPACES =
  'xmlns="http://www.springframework.org/schema/beans" xmlns:p="http://www.springframework.org/schema/p" xmlns:c="http://www.springframework.org/schema/c" xmlns:util="http://www.springframework.org/schema/util" xmlns:amq="http://activemq.apache.org/schema/core"'
const SPRING = 'xmlns="http://www.springframework.org/schema/beans"'
const POLICY = 'org.apache.activemq.broker.region.policy'

const loadBeans = (content: string, files: Readonly<Record<string, string>> = {}): Promise<LoadResult> => {
  const directory = directoryWith({ 'a.xml': `<beans ${NAMESPACES}>\n${CONFIGURER}\n${content}\n</beans>`, ...files })
  return load(join(directory, 'a.xml'))
}
const told = (result: LoadResult): readonly string[] => stops(result).map(formatFinding)

test('config 1.3: beans of classes that have an element are that element, in every spelling of their properties', async t => {
  const result = await loadBeans(
    broker(
      '',
      `<destinationPolicy><bean ${SPRING} class="${POLICY}.PolicyMap"><property name="policyEntries"><list>
        <bean class="${POLICY}.PolicyEntry"><property name="queue" value="A.&gt;"/><property name="memoryLimit"><value>1mb</value></property>
          <property name="deadLetterStrategy"><bean class="${POLICY}.IndividualDeadLetterStrategy" xmlns:p="http://www.springframework.org/schema/p" p:queuePrefix="DLQ."/></property></bean>
        <ref bean="short"/></list></property></bean></destinationPolicy>${STOMP}`,
    ) +
      `<bean id="short" class="${POLICY}.PolicyEntry" p:topic="T" p:deadLetterStrategy-ref="none"/><bean id="none" class="${POLICY}.DiscardingDeadLetterStrategy"/>`,
  )
  t.deepEqual(told(result), [])
  t.like(result.config?.policies[0], {
    destination: { name: 'A.>' },
    memoryLimit: 1_048_576,
    deadLetter: { kind: 'individual', queuePrefix: 'DLQ.' },
  })
  t.like(result.config?.policies[1], { destination: { name: 'T' }, deadLetter: { kind: 'discarding' } })
})

test('config 1.3: constructor arguments by place, index, name and c: become properties', async t => {
  const result = await loadBeans(
    `<bean id="u1" class="org.apache.activemq.security.AuthenticationUser"><constructor-arg value="a"/><constructor-arg index="2" value="g"/><constructor-arg name="password" value="p1"/></bean>
     <bean id="u2" class="org.apache.activemq.security.AuthenticationUser" c:_0="b" c:password="p2" c:groups="h"/>` +
      broker(
        '',
        `<plugins><bean ${SPRING} class="org.apache.activemq.security.SimpleAuthenticationPlugin"><constructor-arg><list><ref bean="u1"/><ref local="u2"/></list></constructor-arg></bean></plugins>${STOMP}`,
      ),
  )
  t.deepEqual(told(result), [])
  t.like(result.config?.authentication, {
    users: [
      { name: 'a', password: 'p1', groups: ['g'] },
      { name: 'b', password: 'p2', groups: ['h'] },
    ],
  })
})

test('config 1.3: an argument that has no name here leaves a Java class, which is refused where it may protect', async t => {
  const result = await loadBeans(
    broker(
      '',
      `<plugins><bean ${SPRING} class="org.apache.activemq.broker.util.LoggingBrokerPlugin"><constructor-arg value="x"/></bean></plugins>${STOMP}`,
    ),
  )
  t.deepEqual(codes(result, 'refuse'), ['CONFIG_PROTECTION'])
})

test('config 1.3: a bean takes what its parent says, and its own settings win', async t => {
  const result = await loadBeans(
    `<bean id="base" abstract="true" class="${POLICY}.PolicyEntry"><property name="queuePrefetch" value="5"/><property name="producerFlowControl" value="false"/></bean>
     <bean id="entry" parent="base" p:queue="X" p:queuePrefetch="7"/>` +
      broker(
        '',
        `<destinationPolicy><policyMap><policyEntries><ref ${SPRING} parent="entry"/></policyEntries></policyMap></destinationPolicy>${STOMP}`,
      ),
  )
  t.deepEqual(told(result), [])
  t.like(result.config?.policies[0], { destination: { name: 'X' }, queuePrefetch: 7, producerFlowControl: false })
})

test('config 1.4 rule 3: #id may name a list, an alias or an object; ##x is text; #null is nothing', async t => {
  const result = await loadBeans(
    `<util:list id="list"><amq:queue physicalName="a"/><amq:topic physicalName="b"/></util:list><alias name="list" alias="other"/>` +
      broker('destinations="#other" dataDirectory="#null" brokerName="##x"', STOMP),
  )
  t.deepEqual(told(result), [])
  t.deepEqual(
    result.config?.destinations.map(({ name }) => name),
    ['a', 'b'],
  )
  t.is(result.config?.brokerName, '_x')
  t.regex(result.config?.dataDirectory ?? '', /activemq-data$/)
  for (const kind of ['list', 'set', 'array']) {
    const inner = `<destinations><${kind} ${SPRING}><amq:queue physicalName="q" xmlns:amq="http://activemq.apache.org/schema/core"/></${kind}></destinations>`
    t.is((await loadBeans(broker('', inner + STOMP))).config?.destinations.length, 1, kind)
  }
  const wrong = await loadBeans(broker('destinations="#lost"', STOMP) + '<bean id="last" class="a.B"/>')
  t.regex(
    formatFinding(find(wrong, 'CONFIG_REFERENCE') ?? t.fail()),
    /no bean has the id "lost".*\n.*did you mean "last"/,
  )
})

test('config 1.4: a reference back to an object around it adds nothing, and a list in itself is an error', async t => {
  const back = await loadBeans(
    broker('id="me"', `<persistenceAdapter><kahaDB brokerService="#me" directory="d"/></persistenceAdapter>${STOMP}`),
  )
  t.deepEqual(told(back), [])
  const circle = await loadBeans(
    `<util:list id="a"><ref bean="b"/></util:list><util:list id="b"><ref bean="a"/></util:list>${broker('plugins="#a"', STOMP)}`,
  )
  t.true(codes(circle, 'error').includes('CONFIG_REFERENCE'))
})

test('config 1.4 rule 2: <property> of Spring and elements with text are properties too', async t => {
  const content = `<persistent>false</persistent><brokerName> b </brokerName><property ${SPRING} name="useJmx" value="false"/>`
  const { config } = await loadBeans(broker('', content + STOMP))
  t.like(config, { brokerName: 'b', persistent: false, useJmx: false })
  const wrong = await loadBeans(broker('', `<property ${SPRING} name="useJxm" value="false"/>${STOMP}`))
  t.is(find(wrong, 'CONFIG_UNKNOWN_ATTRIBUTE')?.hint, 'did you mean "useJmx"?')
})

test('config 1.4 rule 4: ids and names of beans and of nested objects share one space', async t => {
  for (const content of [
    `<bean id="x" class="a.B"/>${broker('brokerName="b"', STOMP.replace('"stomp"', '"x"'))}`,
    `<bean id="x" class="a.B"/><bean name="x" class="a.C"/>${broker('', STOMP)}`,
    broker('id="stomp"', STOMP),
  ])
    t.true(codes(await loadBeans(content), 'error').includes('CONFIG_DUPLICATE_NAME'), content)
})

test('config 1.3: of two single children the later counts, and both lines are told', async t => {
  const two = `\n<systemUsage><systemUsage sendFailIfNoSpace="false"/></systemUsage>\n<systemUsage><systemUsage sendFailIfNoSpace="true"/></systemUsage>`
  const result = await loadBeans(broker('', two + STOMP))
  t.true(result.config?.usage.sendFailIfNoSpace)
  t.like(find(result, 'CONFIG_REPEATED'), { severity: 'accept', at: { line: 4 } })
  t.true(
    result.findings.some(
      ({ severity, message, at }) => severity === 'warn' && at.line === 5 && /first at line 4/.test(message),
    ),
  )
})

test('config 1.3: the content of a profile counts only while it is active', async t => {
  const file = (name: string): string => `<beans profile="${name}">${broker(`brokerName="${name}"`, STOMP)}</beans>`
  const directory = directoryWith({ 'a.xml': `<beans ${SPRING}>${file('prod')}${file('default')}</beans>` })
  t.is((await load(join(directory, 'a.xml'))).config?.brokerName, 'default')
  const properties = { 'spring.profiles.active': 'prod' }
  t.is((await load(join(directory, 'a.xml'), { properties })).config?.brokerName, 'prod')
})

test('config 1.3: an OSGi blueprint is a frame like <beans>, with its own placeholders', async t => {
  const text = `<blueprint xmlns="http://www.osgi.org/xmlns/blueprint/v1.0.0" xmlns:cm="http://aries.apache.org/blueprint/xmlns/blueprint-cm/v1.1.0" xmlns:amq="http://activemq.apache.org/schema/core">
    <cm:property-placeholder persistent-id="x"><cm:default-properties><cm:property name="name" value="osgi"/></cm:default-properties></cm:property-placeholder>
    <bean id="unused" class="a.B"/>
    <amq:broker brokerName="\${name}">${STOMP.replaceAll('<t', '<amq:t').replaceAll('</t', '</amq:t')}</amq:broker></blueprint>`
  const result = await load(join(directoryWith({ 'a.xml': text }), 'a.xml'))
  t.deepEqual(told(result), [])
  t.is(result.config?.brokerName, 'osgi')
})

test('config 1.3: the ActiveMQ namespace is matched, never the prefix', async t => {
  const wrong = await loadBeans(`<p:broker xmlns:p="http://example.org/other">${STOMP}</p:broker>`)
  t.deepEqual(codes(wrong, 'error'), ['CONFIG_NO_BROKER'])
  const none = await loadBeans(broker('', `<transportConnectors xmlns="">${STOMP}</transportConnectors>`))
  t.true(codes(none, 'error').includes('CONFIG_NO_NAMESPACE'))
})

test('config 1.6: beans that the broker does not refer to are accepted by name, and a broker made by Java is no file for us', async t => {
  const result = await loadBeans(
    `<bean id="template" class="org.springframework.jms.core.JmsTemplate"/>${broker('', STOMP)}`,
  )
  t.deepEqual(told(result), [])
  t.regex(find(result, 'CONFIG_NO_EFFECT')?.message ?? '', /JmsTemplate is not used by the broker/)
  const java = await loadBeans('<bean class="org.apache.activemq.broker.BrokerService"/>')
  t.regex(find(java, 'CONFIG_NO_BROKER')?.message ?? '', /defined by a Java bean/)
})

test('config 1.6: what a method or a factory of Java returns is no object of the file', async t => {
  for (const bean of [
    '<bean id="x" class="org.springframework.beans.factory.config.MethodInvokingFactoryBean"><property name="targetObject" ref="y"/><property name="targetMethod" value="go"/></bean><bean id="y" class="a.Y"/>',
    '<bean id="x" class="org.apache.activemq.security.SimpleAuthenticationPlugin" factory-method="make"/>',
    '<util:constant id="x" static-field="a.B.PLUGINS"/>',
  ])
    t.deepEqual(codes(await loadBeans(bean + broker('plugins="#x"', STOMP)), 'refuse'), ['CONFIG_PROTECTION'], bean)
})
