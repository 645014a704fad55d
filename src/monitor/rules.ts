import type { Condition, Level } from './alerts.ts'
import { answers, nameOf, roleOf, shortReason, type NodeModel } from './node.ts'
import { placesOf, sourceOf } from './nodes.ts'
import { age, count, delay, many, rate } from './numbers.ts'
import type { DestinationRow } from './rows.ts'

/** Queues that one rule names, each by an alert of its own; the others are one more alert. */
const NAMED_MAX = 8
const DAY_MS = 86_400_000

const condition = (
  id: string,
  level: Level,
  [holdMs, releaseMs]: readonly [number, number],
  sentence: string,
  next: string,
): Condition => ({ id, level, sentence, next, holdMs, releaseMs })

/** All that is wrong now (management UD-08, M-10). `now`: ms since 1970. */
export function conditionsOf(nodes: readonly NodeModel[], now: number): readonly Condition[] {
  const source = sourceOf(nodes)
  return [
    ...pairConditions(nodes),
    ...nodes.flatMap(node => (answers(node) ? nodeConditions(node, now) : [gone(node)].flat())),
    ...(source === null || roleOf(source) === 'passive' ? [] : queueConditions(source.queues.rows.list)),
  ]
}

function pairConditions(nodes: readonly NodeModel[]): readonly Condition[] {
  const { active, passive, split } = placesOf(nodes)
  const found: Condition[] = []
  if (split && active !== null && passive !== null) {
    const epochs = `epochs ${active.pair?.epoch ?? 0} and ${passive.pair?.epoch ?? 0}`
    const sentence = `${nameOf(active)} and ${nameOf(passive)} both lead (${epochs}); clients of each see another truth`
    found.push(
      condition('split', 'crit', [0, 2000], sentence, 'stop the one with the lower epoch, then tandemmq salvage list'),
    )
  }
  const up = nodes.filter(answers)
  if (up.length > 0 && up.every(node => roleOf(node) === 'passive' && !node.pairless))
    found.push(
      condition(
        'no-active',
        'crit',
        [3000, 2000],
        'no node leads: clients are not served',
        'tandemmq pair status says what each node waits for',
      ),
    )
  const [one, two] = up
  if (one !== undefined && two !== undefined && versionOf(one) !== versionOf(two))
    found.push(
      condition(
        'versions',
        'warn',
        [5000, 2000],
        `the nodes run different versions, ${versionOf(one)} and ${versionOf(two)}`,
        'upgrade the other node too',
      ),
    )
  return found
}

const versionOf = (node: NodeModel): string => node.pair?.version ?? node.broker?.version ?? ''

function gone(node: NodeModel): readonly Condition[] {
  if (node.reach.kind !== 'gone') return []
  const leads = node.answeredAt !== null && roleOf(node) === 'active'
  const sentence = `${nameOf(node)} does not answer (${shortReason(node.reach.reason)})`
  return [
    condition(
      `gone ${node.url}`,
      leads ? 'crit' : 'warn',
      [0, 1000],
      sentence,
      `look at its log, or start it; ${node.url}`,
    ),
  ]
}

function nodeConditions(node: NodeModel, now: number): readonly Condition[] {
  const found: Condition[] = []
  const name = nameOf(node)
  const add = (id: string, level: Level, times: readonly [number, number], sentence: string, next: string): void =>
    void found.push(condition(`${id} ${node.url}`, level, times, `${name}: ${sentence}`, next))
  const { pair, broker } = node
  if (pair !== null) {
    if (pair.state === 'SOLO')
      add('solo', 'warn', [0, 1000], 'serves alone; the next failure stops service', 'start the other node')
    if (pair.state === 'HALTED' || pair.state === 'WAITING')
      add('halted', 'crit', [2000, 1000], `${pair.state}: ${pair.detail}`, 'tandemmq pair status')
    const [damage] = pair.damaged
    if (damage !== undefined)
      add(
        'damage',
        'crit',
        [0, 1000],
        `${many(pair.damaged.length, 'damaged file')}: ${damage}`,
        cure(pair.peer !== null),
      )
    const attached = pair.state === 'PAIRED' || pair.state === 'SYNCING'
    const lag = attached && pair.role === 'active' ? (pair.peer?.lagMs ?? 0) : 0
    if (lag > 10_000)
      add('lag', 'crit', [0, 5000], `the passive is ${delay(lag)} behind`, 'look at its disk and at the line')
    else if (lag > 1000)
      add('lag', 'warn', [10_000, 5000], `the passive is ${delay(lag)} behind`, 'look at its disk and at the line')
    if (pair.verify?.replaced === true)
      add(
        'verify',
        'info',
        [0, 1000],
        'the copies differed; the passive got what differed anew, and nobody has compared since',
        'tandemmq pair verify',
      )
    else if (pair.verify !== null && !pair.verify.ok)
      add('verify', 'crit', [0, 1000], 'the copies differ', 'tandemmq pair verify says where')
    else if (pair.verify !== null && now - pair.verify.at > DAY_MS)
      add(
        'verify',
        'info',
        [0, 1000],
        `the copies were compared ${age(now - pair.verify.at)} ago`,
        'tandemmq pair verify',
      )
  }
  for (const [what, percent, limit] of [
    ['store', broker?.storePercent ?? 0, 80],
    ['memory', broker?.memoryPercent ?? 0, 90],
    ['temp', broker?.tempPercent ?? 0, 80],
  ] as const)
    if (percent > limit)
      add(
        what,
        percent > 95 ? 'crit' : 'warn',
        [5000, 10_000],
        `${what} is ${percent} % full; senders wait at 100 %`,
        HINTS[what],
      )
  if (Math.abs(node.skewMs) > 2000)
    add(
      'skew',
      'warn',
      [5000, 5000],
      `its clock is ${delay(Math.abs(node.skewMs))} ${node.skewMs > 0 ? 'ahead of' : 'behind'} this one`,
      'synchronise both by NTP',
    )
  for (const { id, text, level } of worriesOf(node.health))
    if (id.startsWith('io.tandemmq.certificate.'))
      add(`health ${id}`, level === 'ERROR' ? 'crit' : 'warn', [0, 5000], text, RENEW)
    // Most disks have less room than the default limit would let a broker take; the limit itself is watched above.
    else
      add(
        `health ${id}`,
        id.endsWith('FreeDiskSpaceLeft') ? 'info' : 'warn',
        [5000, 5000],
        text,
        'tab 5 and the log say more',
      )
  const offline = node.durables.filter(({ active }) => !active)
  const held = offline.reduce((sum, { pending }) => sum + pending, 0)
  if (held > 0)
    add(
      'offline',
      'info',
      [0, 1000],
      `${many(held, 'message')} kept for ${many(offline.length, 'offline durable subscriber')}`,
      'tab 3 shows them; D there removes one',
    )
  return found
}

/** As the ERROR in its log says. */
const cure = (hasTwin: boolean): string =>
  hasTwin
    ? 'let the twin lead, move the data directory aside, start: it gets a whole copy'
    : 'stop it; tandemmq store salvage DIRECTORY --to FILE exports what is whole'

/** What is said by a rule of our own already, with an age and a next step. */
const OWN_RULES = /^(?:org\.apache\.activemq\.(?:noConsumer|StoreLimit|TempStoreLimit)|io\.tandemmq\.(?:pair|damage))$/

/** The health status of a broker, one by one: `Getting Worried { <id>: WARNING <text> , … }` (management AH-01). */
function worriesOf(
  status: string | null,
): readonly { readonly id: string; readonly text: string; readonly level: string }[] {
  if (status === null || status === 'Good') return []
  return status
    .replace(/^Getting Worried \{ /, '')
    .replace(/ ,? ?\}$/, '')
    .split(' , ')
    .map(entry => {
      const [, id = '', level = '', text = ''] = /^([\w.]+): (?:(WARNING|ERROR|INFO) )?(.*)$/s.exec(entry) ?? []
      return { id, level, text: text === '' ? entry : text }
    })
    .filter(({ id, text }) => text !== '' && !OWN_RULES.test(id))
}

const RENEW = 'replace it in the key store, then tandemmq reload'

const HINTS: Readonly<Record<'store' | 'memory' | 'temp', string>> = {
  store: 'tab 5 shows what keeps which file',
  memory: 'sort the queues by MEM% (s)',
  temp: 'look for slow consumers of non-persistent messages',
}

function queueConditions(rows: readonly DestinationRow[]): readonly Condition[] {
  const waiting = rows.filter(({ state }) => state === 'no consumer')
  const growing = rows.filter(({ state }) => state === 'growing')
  const blocked = rows.filter(({ state }) => state === 'blocked')
  const dead = rows.filter(row => row.state === 'DLQ' && (row.inRate ?? 0) > 0)
  return [
    ...named(waiting, 'no consumer', row =>
      condition(
        `waiting ${row.bean}`,
        'crit',
        [10_000, 5000],
        `${row.name} has ${many(row.size, 'message')}, no consumer`,
        'start its consumer, or move them (M)',
      ),
    ),
    ...named(growing, 'growing', row =>
      condition(
        `growing ${row.bean}`,
        'warn',
        [0, 60_000],
        `${row.name} grows ${rate(row.growth, 'human')}/s for 5 min`,
        'add consumers, or find what slows them',
      ),
    ),
    ...named(blocked, 'blocked', row =>
      condition(
        `blocked ${row.bean}`,
        'warn',
        [0, 30_000],
        `senders to ${row.name} wait for space`,
        'consume faster, or raise its memoryLimit',
      ),
    ),
    ...named(dead, 'dlq', row =>
      condition(
        `dlq ${row.bean}`,
        'warn',
        [0, 600_000],
        `${row.name} gained dead letters, ${count(row.size, 'exact')} now`,
        'Enter, b shows their cause; R sends them again',
      ),
    ),
  ]
}

/** The worst ones by name, and how many more there are. */
function named(
  rows: readonly DestinationRow[],
  what: string,
  make: (row: DestinationRow) => Condition,
): readonly Condition[] {
  if (rows.length <= NAMED_MAX) return rows.map(make)
  const worst = [...rows]
    .sort((a, b) => b.size - a.size)
    .slice(0, NAMED_MAX)
    .map(make)
  const [{ level, holdMs, releaseMs } = QUIET] = worst
  const more = `${rows.length - NAMED_MAX} more queues are "${what}"`
  return [...worst, condition(`more ${what}`, level, [holdMs, releaseMs], more, 'sort by STATE (s)')]
}

const QUIET = { level: 'info', holdMs: 0, releaseMs: 0 } as const
