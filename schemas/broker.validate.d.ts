import type { ValidateFunction } from 'ajv'

/** `broker.json`, compiled by `.ci/schemas.mjs`. */
declare const validate: ValidateFunction
export default validate
