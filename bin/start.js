// The code of `start` in one file, with what V8 made of it when it was built: so a broker listens in two thirds of the time.
'use strict'
const { readFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')
const { Script } = require('node:vm')
const { crc32 } = require('node:zlib')

const at = name => join(__dirname, '../dist/bundle', name)
const CODE = 'cli/start.cjs'
// Of other flags V8 refuses it by itself; but a release of Node may change what V8 does and not V8's version.
const CACHE = `cli/start.${process.version}-${process.platform}-${process.arch}.cache`

/** As a line of bundle/of names a file: by its content, as V8 compares of a text no more than the length. */
const line = (name, bytes) => `${name} ${crc32(bytes)}`

/** The bytes of a file, null when they are not those that the build wrote. */
function whole(name, lines) {
  try {
    const bytes = readFileSync(at(name))
    return lines.includes(line(name, bytes)) ? bytes : null
  } catch {
    return null
  }
}

/**
 * Of the code's bytes, which are ASCII, so that V8 keeps one for a character. Without a cache all of it is compiled. A cache
 * brings the name of the file with it, wherever that was: so it is one that is right everywhere.
 */
const compile = (code, cache) =>
  new Script(code.toString('latin1'), {
    filename: `tandemmq/dist/bundle/${CODE}`,
    ...(cache !== null && { cachedData: cache }),
  })

/** The exports of the module that it is. */
function run(script) {
  const module = { exports: {} }
  const verb = name => import(pathToFileURL(join(__dirname, '../dist/src/cli', name)).href)
  script.runInThisContext()(module, createRequire(at(CODE)), pathToFileURL(at(CODE)).href, verb)
  return module.exports
}

/** What it exports; null when it does not belong to the build, of which `lines` are those of bundle/of. */
function load(lines) {
  const code = whole(CODE, lines)
  return code && run(compile(code, whole(CACHE, lines)))
}

module.exports = { CACHE, CODE, compile, line, load, run }
