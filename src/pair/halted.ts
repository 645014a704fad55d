import type { PairNode, Role } from './node.ts'

/** Ended: nothing is acknowledged, nothing is decided any more. */
class Halted implements Role {
  readonly role: 'active' | 'passive'
  readonly state = 'HALTED'
  readonly detail: string
  readonly peerPosition = null
  readonly lagMs = 0

  constructor(role: 'active' | 'passive', text: string) {
    this.role = role
    this.detail = text
  }

  handle(): void {}
  due(): void {}
  leave(): void {}
}

/** The node ends. What was committed stays so, nothing else will be. */
export function halt(node: PairNode, text: string, failed = true): void {
  const { role } = node.role
  node.freeze()
  node.become(new Halted(role, text))
  node.closeAll()
  node.log(failed ? 'error' : 'info', text)
  node.emit({ type: 'stop', failed, text })
}
