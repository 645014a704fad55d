/** One fenced block of README.md that a test runs, or says why not. */
export interface Block {
  /** The `##` heading it stands under. */
  readonly section: string
  readonly language: string
  readonly line: number
  readonly code: string
  /** The block without a language behind it: what it prints. */
  readonly shows: string | null
  /** `<!-- not run: REASON -->` above it. */
  readonly notRun: string | null
  /** `<!-- before: WHAT -->` above it: what a reader is told to do in words. */
  readonly before: string | null
}

const FENCE = /^( *)```(\w*)$/

/**
 * The blocks of a Markdown text, in order. A block without a language that follows another with nothing but blank lines
 * between them shows its output: in it `…` stands for anything in its line, and alone for any lines.
 */
export function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = []
  let section = ''
  let notes: string[] = []
  let behind: Block | null = null
  const lines = markdown.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? ''
    if (line.startsWith('## ')) section = line.slice(3)
    const fence = FENCE.exec(line)
    if (fence === null) {
      const note = /^ *<!-- (.+) -->$/.exec(line)
      if (note !== null) notes.push(note[1] ?? '')
      else if (line.trim() !== '') [notes, behind] = [[], null]
      continue
    }
    const [, indent = '', language = ''] = fence
    const end = lines.findIndex((other, at) => at > i && other === `${indent}\`\`\``)
    if (end < 0) throw new Error(`README.md:${i + 1}: the block never ends`)
    const code = lines
      .slice(i + 1, end)
      .map(text => text.slice(indent.length))
      .join('\n')
    if (language === '' && behind !== null) blocks[blocks.length - 1] = { ...behind, shows: code }
    const said = (kind: string): string | null =>
      notes.find(note => note.startsWith(`${kind}: `))?.slice(kind.length + 2) ?? null
    behind = null
    if (language !== '') {
      behind = { section, language, line: i + 1, code, shows: null, notRun: said('not run'), before: said('before') }
      blocks.push(behind)
    }
    notes = []
    i = end
  }
  return blocks
}

/** What a shown output matches. Numbers of milliseconds may be others. */
export function patternOf(shown: string): RegExp {
  const lines = shown.split('\n').map(line => {
    if (line === '…') return '(?:.*\\n)*'
    const escaped = line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    return `${escaped.replaceAll('…', '.*').replace(/\d+ ms/g, '\\d+ ms')}\\s*?\\n`
  })
  return new RegExp(`^${lines.join('')}$`)
}
