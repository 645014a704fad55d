import type { Frame } from '../stomp/stomp.ts'

/** A frame's command and headers for the log, never a passcode (stomp S-TRN-04). */
export function traceOf(frame: Frame): string {
  const lines: string[] = []
  for (let i = 0; i < frame.lines; i++) {
    const name = frame.name(i)
    lines.push(`${name}:${name.toLowerCase().includes('passcode') ? '*****' : frame.value(i)}`)
  }
  return `${frame.commandText} ${lines.join(' ')}`
}
