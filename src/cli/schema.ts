import { readFileSync } from 'node:fs'
import { loadTools } from '../config/config.ts'
import { suggest } from '../base/suggest.ts'
import { xsd, xsdElement, type VocabularySchema } from '../vocabulary/vocabulary.ts'
import { readArguments, UsageError } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { wrongCall } from './wrong-call.ts'

export const SCHEMA_HELP = `Usage: tandemmq schema [--format json|xsd] [--element NAME]

Prints what a configuration may say, for editors and other tools.

  --format json   the JSON Schema (draft 2020-12) of a configuration as a document; the default
  --format xsd    an XML Schema of http://activemq.apache.org/schema/core, for editors of activemq.xml: children in any
                  order, placeholders everywhere, each word with its class, versions and reason
  --element NAME  the definition of one element only

Exit codes: 0 printed, 2 a wrong call.

Example: tandemmq schema --format xsd > activemq.xsd
`

/** Verb `schema`. */
export async function schema(terminal: Terminal): Promise<number> {
  try {
    const { values, rest } = readArguments(terminal.args, { format: { type: 'string' }, element: { type: 'string' } })
    const [stray] = rest
    if (stray !== undefined) throw new UsageError(`"${stray}" is no option; for one element write --element ${stray}`)
    const format = values.get('format') ?? 'json'
    const element = values.get('element') ?? null
    if (format !== 'json' && format !== 'xsd') throw new UsageError(`--format is json or xsd, not "${format}"`)
    terminal.out(format === 'json' ? asJson(element) : await asXsd(element))
    return 0
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    wrongCall(terminal, 'schema', SCHEMA_HELP, error.message)
    return 2
  }
}

const text = (): string => readFileSync(new URL(import.meta.resolve('#schemas/activemq.json')), 'utf8')

function asJson(element: string | null): string {
  if (element === null) return text()
  const { $defs } = JSON.parse(text()) as VocabularySchema
  const known = Object.keys($defs.item.properties)
  if (!known.includes(element)) throw unknown(element, known)
  return `${JSON.stringify($defs[element], null, 1)}\n`
}

async function asXsd(element: string | null): Promise<string> {
  const { vocabulary } = await loadTools()
  if (element === null) return xsd(vocabulary, JSON.parse(text()) as VocabularySchema)
  if (vocabulary.word(element) === null) throw unknown(element, vocabulary.elementNames)
  return `${xsdElement(element, vocabulary).join('\n')}\n`
}

function unknown(element: string, names: readonly string[]): UsageError {
  const meant = suggest(element, names)
  return new UsageError(`no element is called "${element}"${meant === null ? '' : `; did you mean "${meant}"?`}`)
}
