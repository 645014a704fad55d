import { readArguments, UsageError } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { failure } from './failure.ts'
import { FORMATS, OBJECT_FORMATS } from './rows.ts'

export const COMPLETION_HELP: string = `Usage: tandemmq completion bash|zsh|fish

Prints a script for your shell that completes verbs, their actions, formats behind -o, and the queues and topics of the
broker that is asked by default (TANDEMMQ_URL, else this machine); when it does not answer at once, none.

Examples: tandemmq completion bash > /tmp/tandemmq.bash
          eval "$(tandemmq completion zsh)"
          tandemmq completion fish > ~/.config/fish/completions/tandemmq.fish
`

/** The words behind a noun. */
export const ACTIONS: Readonly<Record<string, string>> = {
  queues: 'list show peek create pause resume move copy retry purge delete',
  topics: 'list show create delete',
  connections: 'list kill',
  subscriptions: 'list delete',
  schedule: 'list cancel',
  context: 'list set use delete',
  pair: 'status promote handover verify check',
  store: 'check info dump salvage',
  salvage: 'list reinject',
  dstat: 'queues topics',
  completion: 'bash zsh fish',
}

/** Verbs that take -o, and the formats of each. */
const OUTPUTS: readonly (readonly [verbs: readonly string[], formats: string])[] = [
  [['queues', 'topics', 'connections', 'subscriptions', 'schedule', 'dstat', 'context'], FORMATS.join(' ')],
  [['pair'], `wide ${OBJECT_FORMATS.join(' ')}`],
  [['list', 'bstat', 'query', 'browse', 'purge', 'status'], OBJECT_FORMATS.join(' ')],
]

/** What lists the names that a call may end with. */
const QUEUES = 'tandemmq queues list -o name --timeout 300ms 2>/dev/null'
const TOPICS = 'tandemmq topics list -o name --timeout 300ms 2>/dev/null'

/** Verb `completion` (management TC-16). `verbs` are those of the help. */
export async function completion(terminal: Terminal): Promise<number> {
  try {
    const [shell, ...more] = readArguments(terminal.args, {}).rest
    const make = shell !== undefined && Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined
    if (make === undefined || more.length > 0) throw new UsageError('name your shell: bash, zsh or fish')
    const { VERB_NAMES } = await import('./cli.ts')
    terminal.out(make(VERB_NAMES))
    return 0
  } catch (error) {
    return failure(terminal, 'completion', COMPLETION_HELP, false, error)
  }
}

const cases = (line: (noun: string, words: string) => string): string =>
  Object.entries(ACTIONS)
    .map(([noun, words]) => line(noun, words))
    .join('\n')

const outputs = (line: (verbs: readonly string[], formats: string) => string): string =>
  OUTPUTS.map(([verbs, formats]) => line(verbs, formats)).join('\n')

/** Names come from whoever may create a queue: nothing here expands them, as `compgen -W` would. */
const bash = (verbs: readonly string[]): string => `_tandemmq() {
  local word=\${COMP_WORDS[COMP_CWORD]} found= line
  if [ "$COMP_CWORD" -eq 1 ]; then found='${verbs.join(' ')}'; found=\${found// /$'\\n'}
  else
    case "\${COMP_WORDS[1]} \${COMP_WORDS[COMP_CWORD-1]}" in
${outputs((names, formats) => `    ${names.flatMap(name => [`'${name} -o'`, `'${name} --output'`]).join('|')}) found='${formats}'; found=\${found// /$'\\n'} ;;`)}
    *) case "\${COMP_WORDS[1]} $COMP_CWORD" in
${cases((noun, words) => `    '${noun} 2') found='${words}'; found=\${found// /$'\\n'} ;;`)}
    queues\\ *|purge\\ *|browse\\ *) found=$(${QUEUES}) ;;
    topics\\ *) found=$(${TOPICS}) ;;
    esac ;;
    esac
  fi
  COMPREPLY=()
  while IFS= read -r line; do
    if [ -n "$line" ] && [ "\${line:0:\${#word}}" = "$word" ]; then COMPREPLY+=("$(printf '%q' "$line")"); fi
  done <<< "$found"
}
complete -o default -F _tandemmq tandemmq
`

const zsh = (verbs: readonly string[]): string => `#compdef tandemmq
_tandemmq() {
  local -a found
  if (( CURRENT == 2 )); then found=(${verbs.join(' ')})
  else
    case "$words[2] $words[CURRENT-1]" in
${outputs((names, formats) => `    ${names.flatMap(name => [`'${name} -o'`, `'${name} --output'`]).join('|')}) found=(${formats}) ;;`)}
    *) case "$words[2] $CURRENT" in
${cases((noun, words) => `    '${noun} 3') found=(${words}) ;;`)}
    queues\\ *|purge\\ *|browse\\ *) found=(\${(f)"$(${QUEUES})"}) ;;
    topics\\ *) found=(\${(f)"$(${TOPICS})"}) ;;
    esac ;;
    esac
  fi
  if (( $#found )); then compadd -a found; else _files; fi
}
compdef _tandemmq tandemmq
`

const fish = (
  verbs: readonly string[],
): string => `complete -c tandemmq -f -n __fish_use_subcommand -a '${verbs.join(' ')}'
${cases(
  (noun, words) =>
    `complete -c tandemmq -f -n '__fish_seen_subcommand_from ${noun}; and test (count (commandline -opc)) -eq 2' -a '${words}'`,
)}
${outputs((names, formats) => `complete -c tandemmq -x -n '__fish_seen_subcommand_from ${names.join(' ')}' -s o -l output -a '${formats}'`)}
complete -c tandemmq -f -n '__fish_seen_subcommand_from purge browse; or begin; __fish_seen_subcommand_from queues; and test (count (commandline -opc)) -gt 2; end' -a '(${QUEUES})'
complete -c tandemmq -f -n '__fish_seen_subcommand_from topics; and test (count (commandline -opc)) -gt 2' -a '(${TOPICS})'
`

const SHELLS: Readonly<Record<string, (verbs: readonly string[]) => string>> = { bash, zsh, fish }
