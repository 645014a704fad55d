import { lsn } from '../base/lsn.ts'
import type { Active, Mode } from './active.ts'
import { stepDown } from './door.ts'
import { halt } from './halted.ts'
import { membership } from './register.ts'

const FAR = lsn(Infinity)

/**
 * An active in LOST: frozen until its policy says how to go on (replication.md 4.3). `from`: the mode before.
 * `byHand`: a person says that the twin does not lead.
 */
export function resolveLoss(active: Active, from: Mode, byHand = false): void {
  const { node } = active
  if (active.mode !== 'lost' || active.resolving || (active.session !== null && !byHand)) return
  if (node.policy === 'witness') return askWitness(active)
  if (byHand) return goSolo(active)
  const met = active.standing === 'solo'
  if (node.policy === 'stop-on-loss') {
    if (active.wasPaired && met)
      return halt(node, `the passive is lost (${active.lostWhy}), and this broker is told to stop then`)
    if (met && from === 'joining') return goSolo(active)
    return active.dialler.dial()
  }
  if (active.standing === 'boot') return active.dialler.dial()
  if (node.policy === 'manual') return met ? goSolo(active) : active.dialler.dial()
  node.probe(node.peerUris, answer => {
    if (active.mode !== 'lost' || active.session !== null) return
    if (answer !== 'open') return goSolo(active)
    // Its connectors are open, so it may have taken over: ask who leads.
    active.asksTwin = !active.dialler.busy
    active.dialler.dial()
    node.timers.set('loss', node.now + node.settings.retryMs)
  })
}

/** The dial that asked who leads ended: a port that accepts and says nothing is silence, and the freeze is no longer than that. */
export function unheard(active: Active, why: 'refused' | 'unreachable' | 'rejected'): void {
  const asked = active.asksTwin
  active.asksTwin = false
  if (asked && why !== 'rejected' && active.mode === 'lost' && active.session === null) goSolo(active)
}

/** The disk takes bytes again: a way out of a loss that waited for it is taken, if it still is one. */
export function writesAgain(active: Active): void {
  if (active.mode !== 'lost' || !active.soloWaits) return
  active.soloWaits = false
  if (active.node.policy === 'witness') askWitness(active)
  else if (active.session?.stage === 'stream') goSolo(active)
  else resolveLoss(active, active.wasPaired ? 'paired' : 'joining')
}

/**
 * C3, rule 4: recorded first, then released. Not while the disk takes nothing: then the twin holds more than this node, which
 * must not lead without that after a crash. There is nothing to acknowledge either.
 */
export function goSolo(active: Active): void {
  const { node } = active
  if (active.resolving || holdsLess(active)) return
  active.resolving = true
  if (!node.rules.soloIsRecordedFirst) node.limitTo(FAR)
  node.save({ paired: false }, () => alone(active))
}

function alone(active: Active): void {
  const { node } = active
  active.resolving = false
  if (active.mode !== 'lost') return
  active.mode = 'solo'
  active.standing = 'solo'
  node.timers.stop('successor')
  node.limitTo(FAR)
  node.log('warn', 'leading alone: there is one copy only of what is acknowledged from now on', 'PAIR_ALONE')
  if (active.quiesced) active.unquiesce()
  active.open()
  active.join()
  if (active.session === null) active.dialler.later()
}

function askWitness(active: Active): void {
  const { node } = active
  if (active.resolving || holdsLess(active)) return
  if (active.standing === 'succeeded' && active.session !== null) return
  active.resolving = true
  if (!node.rules.soloIsRecordedFirst) node.limitTo(FAR)
  active.register.start(
    membership(node, () => [node.meta.storeId], {
      won: () => {
        node.save({ paired: false })
        alone(active)
      },
      lost: () => stepDown(node, 'the witness lets another lead', true),
      regressed: () => halt(node, 'the witness went back to an older record than this node has seen'),
    }),
  )
}

function holdsLess(active: Active): boolean {
  const { stalledAt, meta } = active.node
  active.soloWaits = stalledAt !== null && meta.paired
  return active.soloWaits
}
