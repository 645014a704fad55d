#!/usr/bin/env node
/*
 * The command. This file is read by whatever Node there is, so it is written for the oldest: it says which one is needed,
 * and only then loads what an older one could not even parse.
 */
'use strict'
// oxlint-disable no-var, prefer-template
var parts = process.versions.node.split('.')
var major = Number(parts[0])
if (major < 20 || (major === 20 && Number(parts[1]) < 19)) {
  console.error(
    'TandemMQ needs Node.js 20.19 or newer, and this is ' +
      process.versions.node +
      ' (' +
      process.execPath +
      '). Install a newer one, from https://nodejs.org or with your package manager, and run this again.',
  )
  process.exit(1)
}
require('./run.js')
