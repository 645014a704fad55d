// Whether a test of dist/tests is still what dist/ holds.
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'

const times = new Map()
const timeOf = path => {
  let time = times.get(path)
  if (time === undefined) times.set(path, (time = `${statSync(path, { throwIfNoEntry: false })?.mtimeMs}`))
  return time
}

/** Why it is not: of `room/name.test.js`. */
export function behind(name) {
  let lines
  try {
    lines = readFileSync(`dist/tests/${name}.of`, 'utf8').split('\n')
  } catch {
    return `dist/tests has no ${name}`
  }
  const [root, ...modules] = lines
  if (root !== resolve('.')) return `dist/tests was made in ${root}`
  for (const line of modules) {
    const at = line.indexOf(' ')
    const path = line.slice(at + 1)
    if (timeOf(path) !== line.slice(0, at)) return `${path} has changed since dist/tests was made`
  }
}
