import test from 'ava'
import { codes, find, loadBroker, STOMP, stops } from './loading.ts'

const virtual = async (attributes: string, interceptors: string): Promise<unknown> =>
  (await loadBroker(attributes, `${interceptors}${STOMP}`)).config?.virtual

const interceptors = (content: string): string => `<destinationInterceptors>${content}</destinationInterceptors>`
const inside = (content: string): string =>
  interceptors(
    `<virtualDestinationInterceptor><virtualDestinations>${content}</virtualDestinations></virtualDestinationInterceptor>`,
  )

const builtIn = {
  kind: 'virtualTopic',
  name: 'VirtualTopic.>',
  prefix: 'Consumer.*.',
  postfix: '',
  selectorAware: false,
  setOriginalDestination: true,
  dropOnResourceLimit: false,
}

test('V-01, V-02, C-08: virtual topics are built in, mirrors on demand; configured interceptors replace both', async t => {
  t.deepEqual(await virtual('', ''), [builtIn])
  t.deepEqual(await virtual('useVirtualTopics="false"', ''), [])
  const mirror = { kind: 'mirror', prefix: 'VirtualTopic.Mirror.', postfix: '', temporary: true }
  t.deepEqual(await virtual('useMirroredQueues="true"', ''), [mirror, builtIn])
  t.deepEqual(await virtual('useMirroredQueues="true"', interceptors('')), [])
  t.deepEqual(
    await virtual('useTempMirroredQueues="false"', interceptors('<mirroredQueue prefix="M." postfix=".m"/>')),
    [{ kind: 'mirror', prefix: 'M.', postfix: '.m', temporary: false }],
  )
})

test('V-07: every attribute of a virtual topic reaches the model', async t => {
  const attributes = 'selectorAware="true" setOriginalDestination="false" dropOnResourceLimit="true" local="true"'
  t.deepEqual(await virtual('', inside(`<virtualTopic name="a.>" prefix="VQ.*." postfix=".q" ${attributes}/>`)), [
    {
      kind: 'virtualTopic',
      name: 'a.>',
      prefix: 'VQ.*.',
      postfix: '.q',
      selectorAware: true,
      setOriginalDestination: false,
      dropOnResourceLimit: true,
    },
  ])
  t.deepEqual(await virtual('', inside('<virtualTopic/>')), [{ ...builtIn, name: '>' }])
})

test('C-01, C-02, C-04, C-05: composites with plain and filtered targets, a list of names being as many targets', async t => {
  const targets = `<queue physicalName="x"/><topic physicalName="y,z"/>
    <filteredDestination selector="odd = 'yes'" queue="f"/><filteredDestination topic="g"/>`
  const content = `<compositeQueue name="MY.>" forwardOnly="false"><forwardTo>${targets}</forwardTo></compositeQueue>
    <compositeTopic name="T" sendWhenNotMatched="true"><forwardTo><queue physicalName="q"/></forwardTo></compositeTopic>`
  t.deepEqual(await virtual('', inside(content)), [
    {
      kind: 'composite',
      from: { kind: 0, name: 'MY.>' },
      forwardOnly: false,
      sendWhenNotMatched: false,
      targets: [
        { to: { kind: 0, name: 'x' }, filter: null },
        { to: { kind: 1, name: 'y' }, filter: null },
        { to: { kind: 1, name: 'z' }, filter: null },
        { to: { kind: 0, name: 'f' }, filter: { selector: "odd = 'yes'" } },
        { to: { kind: 1, name: 'g' }, filter: { selector: null } },
      ],
    },
    {
      kind: 'composite',
      from: { kind: 1, name: 'T' },
      forwardOnly: true,
      sendWhenNotMatched: true,
      targets: [{ to: { kind: 0, name: 'q' }, filter: null }],
    },
  ])
})

test('a composite without a name, and a target without one, stop the start at their places', async t => {
  const noName = await loadBroker(
    '',
    `${inside('<compositeQueue><forwardTo><queue physicalName="x"/></forwardTo></compositeQueue>')}${STOMP}`,
  )
  t.regex(find(noName, 'CONFIG_VALUE')?.message ?? '', /<compositeQueue> has no name/)
  t.true(stops(noName).length > 0)
  const noTarget = await loadBroker(
    '',
    `${inside('<compositeQueue name="a"><forwardTo><filteredDestination selector="x = 1"/></forwardTo></compositeQueue>')}${STOMP}`,
  )
  t.regex(find(noTarget, 'CONFIG_VALUE')?.message ?? '', /names no destination to forward to/)
})

test('U-03, U-09, U-10, E-05: the settings of durable subscriptions', async t => {
  const plain = await loadBroker('', STOMP)
  t.deepEqual(plain.config?.durables, {
    keepActive: true,
    reject: false,
    offlineTimeout: -1,
    offlineSchedule: 300_000,
    sweepActive: false,
  })
  const set = await loadBroker(
    'keepDurableSubsActive="false" rejectDurableConsumers="true" offlineDurableSubscriberTimeout="86400000" offlineDurableSubscriberTaskSchedule="3600000" enableMessageExpirationOnActiveDurableSubs="true"',
    STOMP,
  )
  t.deepEqual(
    codes(set, 'warn').filter(code => code === 'CONFIG_NOT_SERVED'),
    [],
  )
  t.deepEqual(set.config?.durables, {
    keepActive: false,
    reject: true,
    offlineTimeout: 86_400_000,
    offlineSchedule: 3_600_000,
    sweepActive: true,
  })
})
