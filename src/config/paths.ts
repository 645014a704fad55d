/**
 * File paths as text, so that this room stays free of Node's modules. POSIX rules; a drive letter and backslashes count
 * as absolute and as separators, which is all that Windows paths in configuration files need.
 */
const normal = (path: string): string => path.replace(/\\/g, '/')

export const isAbsolute = (path: string): boolean => /^(?:\/|[A-Za-z]:\/)/.test(normal(path))

/** One path below another, with `.` and `..` taken out. */
export function join(directory: string, path: string): string {
  return clean(`${normal(directory)}/${normal(path)}`)
}

export const resolve = (directory: string, path = ''): string =>
  isAbsolute(path) ? clean(normal(path)) : join(directory, path)

export function dirname(path: string): string {
  const whole = clean(normal(path))
  const cut = whole.lastIndexOf('/')
  return cut <= 0 ? '/' : whole.slice(0, cut)
}

export const basename = (path: string): string => clean(normal(path)).split('/').at(-1) ?? ''

function clean(path: string): string {
  const out: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && out.length > 0 && out.at(-1) !== '..') out.pop()
    else if (part !== '..' || !path.startsWith('/')) out.push(part)
  }
  const whole = out.join('/')
  return path.startsWith('/') ? `/${whole}` : whole
}
