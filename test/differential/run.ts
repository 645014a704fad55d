/**
 * `npm run test:differential`: the same frames to TandemMQ and to an ActiveMQ 5 with the same activemq.xml, and what each
 * connection gets must be the same, frame by frame. What differs is cut down to the least that shows it. Without an ActiveMQ
 * (Debian's package) it says so and ends well.
 *
 *   node dist/test/differential/run.js [SECONDS [SEED]]
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KINDS, type BrokerKind } from '../bench/peers.ts'
import { compare, minimised, said, type Difference } from './compare.ts'
import { scriptOf, type Script } from './script.ts'

const kindOf = (name: string): BrokerKind => KINDS.find(kind => kind.name === name)!

function report({ seed, versions, steps }: Script, { step, ours, theirs }: Difference): void {
  console.log(`\nseed ${seed}, connections of ${versions.join(', ')}`)
  for (const { c, command, headers, body, back } of steps) {
    const words = headers.map(([header, value]) => `${header}:${value}`).join(' | ')
    console.log(`  ${c} ${command} ${words}${back === undefined ? '' : ` (${back} back)`} [${body ?? ''}]`)
  }
  console.log(`after ${step.command} of ${step.c}`)
  console.log(['TandemMQ', ...ours, 'ActiveMQ', ...theirs].join('\n  '))
}

async function campaign(seconds: number, seed: number): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'tandemmq-differential-'))
  const brokers = await Promise.all(
    ['tandemmq', 'activemq'].map(name => {
      mkdirSync(join(scratch, name))
      return kindOf(name).start(join(scratch, name))
    }),
  )
  try {
    const ports = brokers.map(({ reach }) => reach.port!)
    const until = performance.now() + seconds * 1000
    let next = seed
    let found = 0
    for (; performance.now() < until; next++) {
      const script = scriptOf(next)
      const difference = await compare(ports, script)
      // ActiveMQ does some things when it comes to them: what is gone at the second try was one.
      if (difference === null || (await compare(ports, script)) === null) continue
      found++
      report(...(await minimised(ports, script, difference)))
    }
    console.log(`${next - seed} scripts from seed ${seed}, ${said.steps} steps: ${found} of them differ`)
    if (found > 0) process.exitCode = 1
  } finally {
    await Promise.all(brokers.map(broker => broker.stop()))
    rmSync(scratch, { recursive: true, force: true })
  }
}

const there = kindOf('activemq').find()
if ('absent' in there) console.log(`differential: skipped, ${there.absent}`)
else await campaign(Number(process.argv[2] ?? 60), Number(process.argv[3] ?? Math.floor(Math.random() * 1e9)))
