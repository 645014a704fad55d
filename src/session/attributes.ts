import { Header, type Frame } from '../stomp/stomp.ts'

/** `activemq.*` headers by attribute name; only the first of each counts (stomp S-FRM-09, S-SUB-14). */
export function consumerAttributes(frame: Frame): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>()
  if (frame.line(Header.activemqPrefix) < 0) return attributes
  for (let i = 0; i < frame.lines; i++) {
    if (frame.known[i] !== Header.activemqPrefix) continue
    const name = frame.name(i).slice('activemq.'.length)
    if (!attributes.has(name)) attributes.set(name, frame.value(i))
  }
  return attributes
}
