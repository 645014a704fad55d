/** Characters that a line of input takes. */
const LENGTH_MAX = 500

/** The text after a key: a character more, one fewer, or none of it. */
export function edited(text: string, name: string): string {
  if (name === 'backspace' || name === 'C-h') return Array.from(text).slice(0, -1).join('')
  if (name === 'C-u') return ''
  if (name === 'C-w') return text.replace(/\S*\s*$/, '')
  const character = name === 'space' ? ' ' : name
  return Array.from(character).length === 1 && text.length < LENGTH_MAX ? text + character : text
}
