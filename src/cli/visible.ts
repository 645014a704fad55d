/** C0, DEL, C1, and what turns the direction of a line around or hides in it. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A text that came from a broker or its clients, harmless on a terminal: control characters as `\u001b`. */
export const visible = (text: string): string => text.replace(CONTROL, escaped)

/** The same for a text of several lines: line ends and tabs stay. */
export const visibleLines = (text: string): string =>
  text.replace(CONTROL, character => (character === '\n' || character === '\t' ? character : escaped(character)))

/** JSON that is harmless on a terminal; it reads as the same value. */
export const jsonText = (value: unknown, indent = 0): string => visibleLines(JSON.stringify(value, null, indent))
