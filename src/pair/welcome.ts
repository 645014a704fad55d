import type { Lsn } from '../base/lsn.ts'
import type { PairFrame } from './frames.ts'
import { FORMAT, PROTO } from './node.ts'
import type { PairNode } from './node.ts'

/** What an active says to a hello. `newcomer`: it authenticated by its login and learns the pair's secret. */
export function welcomeFrame(
  node: PairNode,
  session: string,
  { plan, at, chainAt, newcomer }: { plan: 'tail' | 'cut' | 'base'; at: Lsn; chainAt: number; newcomer: boolean },
): PairFrame {
  const { meta, settings } = node
  return {
    type: 'welcome',
    proto: PROTO,
    format: FORMAT,
    session,
    epoch: node.epochNumber,
    pairId: meta.pairId ?? '',
    secret: newcomer ? meta.secret : null,
    identity: node.identity,
    policy: node.policy,
    plan,
    at,
    chainAt,
    epochs: node.epochs,
    commit: node.committed,
    windowBytes: settings.windowBytes,
    beatMs: settings.beatMs,
    nonce: node.random(),
    rev: meta.rev,
  }
}
