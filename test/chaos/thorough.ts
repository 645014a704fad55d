import test from 'ava'

export const all: boolean = process.env['TANDEMMQ_CHAOS'] === 'all'

/** A trial that `npm run test:chaos:all` makes; `npm test`, which has a minute for the pair, shows it as skipped. */
export const thorough: typeof test.serial | typeof test.serial.skip = all ? test.serial : test.serial.skip
