import type { Findings } from '../base/findings.ts'
import { templateTool, type Element } from '../xml/xml.ts'

/**
 * Text where only elements can stand: every piece at its own place. A template's block is told as such; ActiveMQ would
 * read anything else as properties that nobody uses (config 1.4 rule 6).
 */
export function reportStrays(element: Element, where: string, findings: Findings, secret = false): void {
  const whole = element.text.trim()
  if (whole === '') return
  const runs = element.runs ?? [{ text: whole, at: element.at }]
  for (const { text, at } of runs) {
    const tool = templateTool(text)
    // It may be the password of an element that takes one.
    const shown = secret ? '' : `: "${text.slice(0, 30).replace(/\s+/g, ' ')}"`
    if (tool !== null)
      findings.refuse('CONFIG_TEMPLATE', at, `an unrendered ${tool} block stands ${where}`, 'render the file first')
    else findings.error('CONFIG_MISPLACED', at, `text stands ${where}${shown}`, 'remove it, or make it a comment')
  }
}
