/** The `text.…` definitions of `activemq.json`, compiled by `.ci/schemas.mjs`: is this text of that type? */
type Check = (text: string) => boolean
export const boolean: Check
export const bytes: Check
export const bytes32: Check
export const int: Check
export const long: Check
export const number: Check
export const pair: Check
