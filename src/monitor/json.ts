import { raisedOf } from './alerts.ts'
import { shownNodes, type Model } from './model.ts'
import { nameOf, type NodeModel } from './node.ts'
import { pairWord, placesOf, sourceOf } from './nodes.ts'
import type { DestinationRow } from './rows.ts'

/** The screen for scripts: `--json`, one object a reading. Names are as the broker has them. */
export function jsonOf(model: Model): object {
  const nodes = shownNodes(model)
  const { active, passive, split } = placesOf(nodes)
  const source = sourceOf(nodes)
  return {
    at: model.now,
    pair: pairWord(nodes),
    split,
    active: active === null ? null : nodeJson(active),
    passive: passive === null ? null : nodeJson(passive),
    alerts: raisedOf(model.alerts).map(({ condition: { level, sentence, next }, since, acknowledged }) => ({
      level,
      sentence,
      next,
      since,
      acknowledged,
    })),
    source: source?.url ?? null,
    queueTotal: source?.queues.total ?? 0,
    queues: (source?.queues.rows.list ?? []).map(rowJson),
  }
}

const nodeJson = (node: NodeModel): object => ({
  url: node.url,
  name: nameOf(node),
  reach: node.reach.kind,
  problem: node.reach.kind === 'gone' || node.reach.kind === 'locked' ? node.reach.reason : null,
  answeredAt: node.answeredAt,
  pair: node.pair,
  broker: node.broker,
  inRate: node.inRate,
  outRate: node.outRate,
  inBytes: node.inBytes,
  outBytes: node.outBytes,
  journalRate: node.journalRate,
  fsyncP99Ms: node.fsyncP99Ms,
  lagMs: node.lagMs,
})

const rowJson = ({
  name,
  size,
  inFlight,
  consumers,
  producers,
  enqueued,
  dequeued,
  inRate,
  outRate,
  state,
}: DestinationRow): object => ({
  name,
  size,
  inFlight,
  consumers,
  producers,
  enqueued,
  dequeued,
  inRate,
  outRate,
  state,
})
