import type { Line, Role } from './line.ts'
import type { Theme } from './model.ts'

/** SGR codes by role: the 16 colours that every terminal has, and attributes (management BL-10). */
const CODES: Readonly<Record<Theme, Readonly<Record<Role, string>>>> = {
  dark: {
    plain: '',
    ok: '32',
    warn: '33',
    crit: '1;31',
    dim: '90',
    accent: '36',
    title: '1',
    reverse: '7',
    alarm: '1;37;41',
  },
  light: {
    plain: '',
    ok: '32',
    warn: '35',
    crit: '1;31',
    dim: '90',
    accent: '34',
    title: '1',
    reverse: '7',
    alarm: '1;37;41',
  },
  mono: { plain: '', ok: '', warn: '1', crit: '1', dim: '', accent: '', title: '1', reverse: '7', alarm: '7' },
}

/** A line as bytes for a terminal. Its texts hold no control character (see text.ts), so these codes are the only ones. */
export function painted(line: Line, theme: Theme): string {
  const codes = CODES[theme]
  return line.map(({ text, role }) => (codes[role] === '' ? text : `\x1b[${codes[role]}m${text}\x1b[0m`)).join('')
}
