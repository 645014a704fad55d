/** Text as a template tool left it, which no value of ActiveMQ looks like (config section 6). */
export function templateTool(text: string): string | null {
  if (/\{\{.*\}\}|\{%.*%\}/s.test(text)) return 'jinja2'
  if (/<%.*%>/s.test(text)) return 'ERB'
  if (/@@\w+@@|^\s*#{3,}.*#{3,}\s*$|%[A-Za-z][\w.]{2,}%|\$\[\w/.test(text)) return 'search-and-replace'
  return null
}
