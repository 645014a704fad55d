import { Answers, type Answer, type Attach, type PairFile } from './pair-answers.ts'
import { checkAlike } from './pair-alike.ts'
import { checkAttach, checkFailBack } from './pair-attach.ts'
import { checkPairSettings, checkPolicies, checkWaiting, checkWipes } from './pair-rules.ts'
import { sameMachine } from './pair-reach.ts'
import { checkNames, checkNetworks, checkPorts, checkRoles, checkStores } from './pair-site.ts'

export interface PairVerdict {
  /** No answer is an error. */
  readonly works: boolean
  /** In the order in which a pair comes to be: roles, address, attach, fail-back, and what follows. */
  readonly answers: readonly Answer[]
}

/**
 * Do these two files make a working pair: does the passive find its active, is it let in, can the active come back after a
 * take-over, and do clients then find the same broker? (replication.md, config section 4). `attach` tries logins and TLS.
 */
export async function checkPairFiles(one: PairFile, other: PairFile, attach: Attach): Promise<PairVerdict> {
  const both = { active: withOpenDoors(one), passive: withOpenDoors(other) }
  const { active, passive } = both
  const answers = new Answers(both)
  const machine = sameMachine(active, passive)
  if (checkRoles(both, answers)) {
    await checkAttach(both, attach, answers)
    await checkFailBack(both, machine === 'yes', attach, answers)
  }
  checkStores(both, machine, answers)
  checkPorts(both, machine, answers)
  checkPolicies(both, answers)
  checkWaiting(both, answers)
  checkWipes(both, answers)
  checkAlike(both, answers)
  checkPairSettings(both, answers)
  checkNames(both, answers)
  checkNetworks(both, answers)
  const list = answers.list()
  return { works: !list.some(({ status }) => status === 'error'), answers: list }
}

/** No twin comes through a connector that waits for somebody to start it. */
const withOpenDoors = (file: PairFile): PairFile => ({
  ...file,
  config: { ...file.config, connectors: file.config.connectors.filter(({ autoStart }) => autoStart) },
})
