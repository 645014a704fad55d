import { CODES } from '../base/codes.ts'
import type { Finding, Severity } from '../base/findings.ts'

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  refuse: 'error',
  warn: 'warning',
  accept: 'note',
}

/** SARIF 2.1.0, as code hosting tools read it. `uriOf`: a path as a URI, relative to the repository where it can be. */
export function sarif(findings: readonly Finding[], version: string, uriOf: (path: string) => string): object {
  const codes = [...new Set(findings.map(({ code }) => code))].toSorted()
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'TandemMQ',
            version,
            rules: codes.map(code => ({
              id: code,
              shortDescription: { text: CODES[code] },
              help: { text: `tandemmq explain ${code}` },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map(({ severity, code, at, message, hint }) => ({
          ruleId: code,
          ruleIndex: codes.indexOf(code),
          level: LEVELS[severity],
          message: { text: hint === null ? message : `${message}; ${hint}` },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(at.file) },
                region: { startLine: at.line, startColumn: at.column },
              },
            },
          ],
        })),
      },
    ],
  }
}
