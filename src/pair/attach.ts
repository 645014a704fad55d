import { lsn } from '../base/lsn.ts'
import type { Active } from './active.ts'
import { isWelcome, stepDown } from './door.ts'
import type { LinkId } from './events.ts'
import type { Hello, PairFrame } from './frames.ts'
import { halt } from './halted.ts'
import { planAttach } from './history.ts'
import type { AttachPlan } from './history.ts'
import { goSolo } from './loss.ts'
import type { PairNode } from './node.ts'
import { membership } from './register.ts'
import { Session } from './session.ts'
import { welcomeFrame } from './welcome.ts'

/** A passive says hello to this active. Nothing changes here before all of it was found good. */
export function admit(active: Active, link: LinkId, hello: Hello, heard: boolean): void {
  const { node, session } = active
  if (!heard && !isWelcome(node, link, hello)) return
  const { storeId } = hello.identity
  if (active.handover !== null) return node.refuse(link, 'stopping', 'a handover is under way')
  if (session !== null && (session.peer.storeId !== storeId || (session.link === link && session.stage !== 'copy'))) {
    const text = session.link === link ? 'a second hello on one connection' : `"${session.peer.brokerName}" is attached`
    node.refuse(link, session.link === link ? 'malformed' : 'already-attached', text)
    return session.link === link ? active.sessionLost(text) : undefined
  }
  if (session !== null && session.link !== link && isDouble(node, session, hello))
    return node.refuse(
      link,
      'already-attached',
      `"${session.peer.brokerName}" is attached, on another copy of that data directory`,
    )
  if (node.meta.paired && active.mode === 'lost' && node.rules.memberIsStore && storeId !== node.peer?.storeId)
    return node.refuse(
      link,
      'pair-mismatch',
      'another store than the twin that may have taken over; see `tandemmq pair promote`',
    )
  const plan = planFor(node, hello)
  if (plan.plan === 'diverged')
    return node.refuse(
      link,
      'diverged',
      `the passive holds acknowledged work behind ${plan.at} that this node lacks; promote it, or remove its data directory`,
    )
  if (session !== null && session.link !== link) active.sessionLost('it attached anew')
  if (node.role !== active) return
  receive(active, link, hello, plan)
}

/**
 * Another process with the same store, while the one that is attached is heard: the passive's disk was copied. One that was
 * started anew has closed its old connection by dying, or is silent there.
 */
const isDouble = (node: PairNode, session: Session, { incarnation }: Hello): boolean =>
  incarnation !== session.incarnation && node.now - session.heardAt < 4 * node.settings.beatMs

function planFor(node: PairNode, hello: Hello): AttachPlan {
  if (node.rules.historyIsCompared) return planAttach(node.history, node.retainedFrom, hello, node.policy === 'witness')
  return { plan: hello.end > node.end ? 'cut' : 'tail', at: lsn(Math.min(hello.end, node.end)) }
}

function receive(active: Active, link: LinkId, hello: Hello, { plan, at }: AttachPlan): void {
  const { node } = active
  const next = new Session(node, link, hello)
  active.session = next
  active.dialler.leave()
  node.timers.set('patience', node.now + node.settings.ackTimeoutMs)
  const answer = (chain: number | null): void => {
    if (active.session !== next) return
    const differs = chain === null || (at === hello.end && chain !== hello.chain)
    const settled = node.rules.historyIsCompared && differs ? 'base' : (plan as 'tail' | 'cut' | 'base')
    remember(node, next, () => {
      if (active.session === next) welcome(node, next, hello, { plan: settled, at, chain: chain ?? 0 })
    })
  }
  if (at === 0) answer(0)
  else node.compare(at, answer)
}

/** Who the twin is, and what both prove themselves with. */
function remember(node: PairNode, { peer }: Session, then: () => void): void {
  const { meta } = node
  const known = meta.peer !== null && JSON.stringify(meta.peer) === JSON.stringify(peer)
  if (meta.pairId !== null && known) return node.whenSaved(then)
  const fresh = meta.pairId === null ? { pairId: node.random(), secret: node.random() } : {}
  node.save({ ...fresh, peer }, then)
}

const PLANS = {
  tail: 'it gets the journal from position ',
  cut: 'it holds what this node never did, exports and cuts that, and gets the journal from position ',
  base: 'it gets a copy of the whole store',
} as const

function welcome(
  node: PairNode,
  session: Session,
  hello: Hello,
  { plan, at, chain }: { plan: 'tail' | 'cut' | 'base'; at: Session['at']; chain: number },
): void {
  session.at = at
  session.stage = 'welcome'
  session.heardAt = node.now
  node.log('info', `"${session.peer.brokerName}" attaches: ${PLANS[plan]}${plan === 'base' ? '' : at}`, 'PAIR_ATTACH')
  node.send(session.link, welcomeFrame(node, session.id, hello, { plan, at, chainAt: chain }))
}

function serveCopy(node: PairNode, session: Session): void {
  session.stage = 'copy'
  node.timers.set('beat', node.now)
  node.emit({ type: 'serveCopy', link: session.link, session: session.id })
}

/** The passive did what the plan said; it has given up its right to take over (until it is in sync again). */
export function ready(active: Active, session: Session, frame: Extract<PairFrame, { type: 'ready' }>): void {
  const { node } = active
  if (session.stage !== 'welcome' || (!frame.needBase && frame.at !== session.at)) {
    node.refuse(session.link, 'malformed', `ready at ${frame.at}, which was not agreed`)
    return active.sessionLost('it did not follow the plan')
  }
  if (frame.needBase) return serveCopy(node, session)
  session.stream(frame.at)
  session.retain()
  if (active.mode !== 'lost') return
  const bound = active.standing === 'succeeded' || node.policy === 'stop-on-loss' || node.policy === 'witness'
  if (!bound) goSolo(active)
}

/** It holds everything that was ever acknowledged, and acknowledgements wait for it: make it a member (rule 4, C1, K4, K18). */
export function admitted(active: Active, session: Session): void {
  const { node } = active
  active.admitting = true
  const done = (): void => paired(active, session)
  if (node.policy === 'witness') {
    const members = (): readonly string[] => [node.meta.storeId, session.peer.storeId]
    active.register.start(
      membership(node, members, {
        won: done,
        lost: () => stepDown(node, 'the witness lets another lead', true),
        regressed: () => halt(node, 'the witness went back to an older record than this node has seen'),
      }),
    )
  } else {
    if (!node.rules.pairedBeforeTold) tell(node, session)
    node.save({ paired: true, policy: node.policy }, done)
  }
}

function paired(active: Active, session: Session): void {
  const { node } = active
  if (active.session !== session || active.mode !== 'joining') return
  active.admitting = false
  active.mode = 'paired'
  active.wasPaired = true
  active.standing = 'solo'
  active.lostWhy = ''
  node.timers.stop('successor')
  node.limitTo(session.durable)
  tell(node, session)
  node.log(
    'info',
    `PAIRED with "${session.peer.brokerName}": every acknowledgement waits for both disks`,
    'PAIR_IN_SYNC',
  )
  if (active.quiesced) active.unquiesce()
  active.open()
}

function tell(node: PairNode, session: Session): void {
  if (session.told) return
  session.told = true
  const { id, epoch } = session
  const { policy, meta } = node
  node.send(session.link, { type: 'insync', session: id, epoch, lsn: node.committed, policy, rev: meta.rev })
}
