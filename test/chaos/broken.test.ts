import test from 'ava'
import type { FaultKind } from '../crash/history.ts'
import { freshSeed } from '../journal/random.ts'
import { breakBuild, type Fault } from './broken.ts'
import { killLone, lone } from './lone.ts'

const broken: Record<string, { fault: Fault; kinds: readonly FaultKind[] }> = {
  'receipts what is not yet written': {
    fault: { file: 'journal/commit.js', find: 'return Math.max(at.safe, run)', replace: 'return at.flushed' },
    kinds: ['lost', 'torn', 'resurrected'],
  },
}

test('a fault that has no place in the build is refused, so that it cannot pass for one that was found', t => {
  t.throws(() => breakBuild([{ file: 'journal/commit.js', find: 'no such line', replace: '' }]), {
    message: /occurs 0 times/,
  })
})

for (const [title, { fault, kinds }] of Object.entries(broken)) {
  test(`a broker that ${title} is found out by kill -9`, async t => {
    const build = breakBuild([fault])
    t.teardown(build.remove)
    const seed = freshSeed()
    const { counts } = await killLone(await lone(t, build.program), seed, 3)
    t.log(JSON.stringify(counts))
    t.true(
      kinds.some(kind => counts[kind] > 0),
      `nothing was found; TANDEMMQ_SEED=${seed}`,
    )
  })
}
