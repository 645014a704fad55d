import type { Lsn } from '../base/lsn.ts'
import type { Hello, PairFrame } from './frames.ts'
import { FORMAT, PROTO } from './node.ts'
import type { PairNode } from './node.ts'

/** What an active says to a hello. Who authenticated by its login learns the pair's secret. */
export function welcomeFrame(
  node: PairNode,
  session: string,
  hello: Hello,
  { plan, at, chainAt }: { plan: 'tail' | 'cut' | 'base'; at: Lsn; chainAt: number },
): PairFrame {
  const { meta, settings } = node
  return {
    type: 'welcome',
    proto: Math.min(hello.proto[1], PROTO),
    format: FORMAT,
    session,
    epoch: node.epochNumber,
    pairId: meta.pairId ?? '',
    secret: hello.pairId === null ? meta.secret : null,
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
