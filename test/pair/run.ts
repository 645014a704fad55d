import { lsn } from '../../src/base/lsn.ts'
import { randomFrom } from '../journal/random.ts'
import type { Host } from './host.ts'
import { metaOf, profileOf } from './profile.ts'
import type { Fault, Profile } from './profile.ts'
import { World } from './world.ts'

export interface Outcome {
  readonly profile: Profile
  readonly events: number
  readonly receipts: number
  readonly lost: number
}

/** One seed from start to convergence. Throws a Violation, naming the invariant. */
export function run(seed: number, wanted?: Partial<Profile>, trace?: World['trace']): Outcome {
  const profile = profileOf(randomFrom(seed ^ 0x5eed), wanted)
  const world = new World(seed, profile)
  world.trace = trace ?? null
  const { random, agenda, hosts } = world
  const [a, p] = hosts as readonly [Host, Host]
  a.start()
  agenda.after(world.between(0, 100), () => p.start())
  const until = world.between(1500, 6000)
  const pace = world.between(5, 40)
  const pause = world.between(300, 4000)
  let busy = 100 + world.between(0, 300)
  const work = (): void => {
    world.clients.act()
    const rest = profile.idle && agenda.now > busy ? pause : 0
    if (rest > 0) busy = agenda.now + pause + world.between(0, 50)
    agenda.after(rest + world.between(0.2, pace), work)
  }
  agenda.after(20, work)
  const count = 1 + Math.floor(random() * 5)
  for (let n = 0; n < count; n++) {
    const fault = profile.faults[Math.floor(random() * profile.faults.length)] as Fault
    agenda.after(profile.early ? world.between(0, 500) : world.between(100, until), () => strike(world, fault))
  }
  let events = 0
  while (agenda.step(until)) events++
  calm(world)
  const healed = world.clients.receipts
  const deadline = until + 30_000
  let next = agenda.now + 200
  // What one node believes is not enough: an active may not have heard yet that it was deposed.
  const ready = (): boolean => {
    const states = hosts.map(host => host.core?.status(host.clock()).state)
    return states.includes('PAIRED') && states.includes('IN_SYNC') && world.clients.receipts > healed
  }
  for (;;) {
    if (!agenda.step(Math.min(next, deadline))) {
      agenda.now = Math.min(next, deadline)
      if (ready()) break
      if (agenda.now >= deadline)
        world.checks.fail('I18', `no pair after 30 s without a fault: ${hosts.map(describe).join(' | ')}`)
      next = agenda.now + 200
      for (const host of hosts) if (!host.up) startVerified(host)
    }
    events++
  }
  world.checks.converged()
  return { profile, events, receipts: world.clients.receipts, lost: world.checks.lost }
}

function describe(host: Host): string {
  const status = host.core?.status(host.clock())
  return `${host.name} ${status?.role} ${status?.state}: ${status?.detail ?? host.stopped?.text} ${JSON.stringify(host.disk.meta)}`
}

/** Everything heals; what ended is started again; an operator has verified suspect stores. */
function calm(world: World): void {
  world.slow = 1
  world.witness.available = true
  world.heal()
  for (const host of world.hosts) {
    host.diskDelay = 1
    host.full = false
    host.failed = false
    if (host.disk.meta.suspect && host.up) host.end('kill')
    if (!host.up) startVerified(host)
  }
}

/** Somebody has had the store verified, as every start with a sound disk does. */
function startVerified(host: Host): void {
  host.disk.meta = { ...host.disk.meta, suspect: false }
  host.start()
}

function strike(world: World, fault: Fault): void {
  const { random, agenda } = world
  const host = world.hosts[random() < 0.5 ? 0 : 1] as Host
  const restart = (ms: number): void =>
    agenda.after(ms, () => {
      if (!host.up) host.start()
    })
  if (fault === 'kill' && host.up) {
    host.end('kill')
    restart(world.between(1, 3000))
  } else if (fault === 'power' && host.powered) {
    host.end('power')
    restart(world.between(10, 3000))
  } else if (fault === 'blackout') {
    for (const each of world.hosts) if (each.powered) each.end('power')
    for (const each of world.hosts)
      agenda.after(world.between(10, 3000), () => {
        if (!each.up) each.start()
      })
  } else if (fault === 'reset') {
    for (const link of world.links) link.reset()
  } else if (fault === 'cut') {
    world.cut = true
    agenda.after(world.between(10, 4000), () => world.heal())
  } else if (fault === 'slow') {
    world.slow = world.between(2, 300)
    agenda.after(world.between(100, 2000), () => {
      world.slow = 1
    })
  } else if (fault === 'slowDisk') {
    host.diskDelay = world.between(5, 800)
    agenda.after(world.between(100, 2500), () => {
      host.diskDelay = 1
    })
  } else if (fault === 'fullDisk') {
    host.full = true
    agenda.after(world.between(100, 4000), () => {
      host.full = false
    })
  } else if (fault === 'diskError' && host.up) {
    host.failed = true
    agenda.after(world.between(500, 3000), () => {
      // Somebody replaces the disk's controller and has the store verified.
      host.failed = false
      if (host.disk.meta.suspect && host.up) host.end('kill')
      if (!host.up) startVerified(host)
    })
  } else if (fault === 'clock') host.offset += Math.floor(world.between(-3000, world.profile.aheadMsMax))
  else if (fault === 'handover') for (const each of world.hosts) each.hear({ type: 'handover' })
  else if (fault === 'stop' && host.up) {
    host.hear({ type: 'stop', handover: random() < 0.7 })
    restart(world.between(100, 3000))
  } else if (fault === 'witnessDown') {
    world.witness.available = false
    agenda.after(world.between(100, 3000), () => {
      world.witness.available = true
    })
  } else if (fault === 'replaceDisk') {
    // Never the only copy, nor one that claims just now: nothing could bring that back.
    const host = world.hosts[1] as Host
    if (host.core?.status(0).state !== 'IN_SYNC' || world.witness.record?.owner === host.disk.meta.storeId) return
    host.end('kill')
    host.disk.log = []
    host.disk.synced = 0
    host.disk.meta = { ...metaOf(host.name, host.generation++), inSyncTo: lsn(0) }
    restart(world.between(10, 2000))
  }
}
