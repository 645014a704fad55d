import test from 'ava'
import { kill, MUTANTS } from './mutants.ts'

/** Those that die soon; `npm run test:mutants` shows all of them. */
for (const k of [2, 3, 4, 5, 6, 7, 8, 11, 13, 14])
  test(`K${k}: without this rule the simulation sees an invariant break`, t => {
    const mutant = MUTANTS.find(each => each.k === k)
    t.truthy(mutant)
    if (mutant !== undefined) t.not(kill(mutant, 1000), null)
  })
