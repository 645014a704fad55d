import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { loadTools } from '../config/config.ts'
import { CLASS_MEANS, entryJson, entryText, lookUp, type Entry, type Words } from '../vocabulary/vocabulary.ts'
import { readArguments, UsageError, type Arguments } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { wrongCall } from './wrong-call.ts'

export const EXPLAIN_HELP = `Usage: tandemmq explain WORD [--json]
       tandemmq explain FILE [PATH] [--all] [--json] [-Dname=value]…

The reference. WORD is an element (kahaDB), an attribute (policyEntry@memoryLimit, or memoryLimit for every element that
has it), the scheme or an option of a connector's uri (stomp+ssl, transport.trace), or the code of a finding
(CONFIG_PROTECTION) or of a line of the log (PAIR_LOST). It prints type, default, versions, what becomes of it here
and why, and where it may stand.

FILE is a configuration: an existing file, a name that ends in .xml, .json, .yaml or .yml, xbean:…, file:…, broker:…,
properties:…, or - for the standard input. It shows what the file comes to, in its own words: each value, where it came
from (file:line:column, the default, a placeholder and what filled it), what becomes of it here (HONOUR, ACCEPT, WARN,
REFUSE), and what it changes or what is lost. Secrets are masked. PATH chooses a part:

  broker.transportConnectors.stomp    an object: by its name, destination or user
  plugins[0]                          by its place; what is in brackets may hold dots: policyEntries[orders.>]
  broker@persistent                   one attribute
  queue://orders, topic://prices.>    a destination: the policyEntry that governs it and why, where its dead letters
                                      go, and who may read, write and create it

  --json         for a program
  --all          also the defaults of what has no effect here; only with FILE
  -Dname=value   as for start; only with FILE

Exit codes: 0 explained, also when FILE has findings (tandemmq validate tells them); 1 no such word (the nearest is
named), or FILE holds no broker that could be read; 2 a wrong call, or nothing in FILE is called like PATH.

Example: tandemmq explain policyEntry@producerFlowControl
`

/** Verb `explain`: a word of the vocabulary, or a file. */
export async function explain(terminal: Terminal): Promise<number> {
  let call: Arguments
  try {
    call = readArguments(terminal.args, { json: { type: 'boolean' }, all: { type: 'boolean' } })
    const [subject] = call.rest
    if (subject === undefined)
      throw new UsageError('what is to be explained? Name an element, an option, a code or a file')
    if (namesFile(subject, terminal.cwd)) {
      const file = await import('./explain-file.ts')
      return await file.explainFile(terminal, call)
    }
    if (call.rest.length > 1) throw new UsageError(`one word at a time; "${call.rest[1] ?? ''}" is another`)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    wrongCall(terminal, 'explain', EXPLAIN_HELP, error.message)
    return 2
  }
  return explainWord(terminal, call.rest[0] ?? '', call.flags.has('json'))
}

/** A word is never taken for a file by accident: a file exists, or looks like a configuration. */
export const namesFile = (subject: string, cwd: string): boolean =>
  subject === '-' ||
  /^(?:xbean|file|broker|properties):/i.test(subject) ||
  /\.(?:xml|json|ya?ml)$/i.test(subject) ||
  isFile(resolve(cwd, subject))

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true

async function explainWord(terminal: Terminal, term: string, json: boolean): Promise<number> {
  const words: Words = await loadTools()
  const found = lookUp(term, words)
  if ('meant' in found) {
    const hint = DESTINATION.test(term)
      ? `; a destination is asked of a file: tandemmq explain FILE ${term}`
      : found.meant === null
        ? ''
        : `; did you mean "${found.meant}"?`
    terminal.err(`tandemmq explain: no element, attribute, option, scheme or code is called "${term}"${hint}\n`)
    return 1
  }
  if (json) terminal.out(`${JSON.stringify(found.map(entryJson), null, 2)}\n`)
  else terminal.out(`${(found.length > SHOWN ? listText(found) : found.map(full)).join('\n')}\n`)
  return 0
}

const DESTINATION = /^(?:temp-)?(?:queue|topic):|^\/(?:queue|topic)\//

/** An attribute that many elements have is listed; more than that would hide the answer. */
const SHOWN = 3

const full = (entry: Entry): string => `${entryText(entry).join('\n')}\n`

function listText(entries: readonly Entry[]): readonly string[] {
  const lines = entries.map(entry => {
    if (entry.kind !== 'attribute') return full(entry)
    return `${entry.element}@${entry.name}  ${entry.word.verdict}: ${entry.word.effect ?? entry.word.reason ?? CLASS_MEANS[entry.word.verdict]}`
  })
  return [...lines, '', 'Ask for one of them: tandemmq explain ELEMENT@ATTRIBUTE']
}
