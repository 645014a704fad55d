import type { Verb } from './confirm.ts'

/** The tables, in the order of the keys 1 to 5. */
export const TABS = ['queues', 'topics', 'subscriptions', 'connections', 'store'] as const
export type Tab = (typeof TABS)[number]

/** What whoever opened the dashboard does himself. */
export type Extra = `extra-${string}`

/** What a key does on the main screen. */
export type Command = Verb | Tab | Extra | Plain

export type Plain =
  | 'up' | 'down' | 'page-up' | 'page-down' | 'first' | 'last' | 'next-tab' | 'previous-tab' | 'open' | 'messages' | 'back'
  | 'filter' | 'sort' | 'reverse' | 'sort-left' | 'sort-right' | 'columns' | 'pin' | 'mark' | 'tree' | 'fold' | 'unfold'
  | 'freeze' | 'faster' | 'slower' | 'redraw' | 'units' | 'theme' | 'copy' | 'verify'
  | 'acknowledge' | 'export' | 'log' | 'command' | 'help' | 'mouse' | 'suspend' | 'quit' // prettier-ignore

/** A row of the key table: it drives the keys, the footer, the help and the documentation (management UK-06). */
export interface Key {
  /** As the terminal names them. */
  readonly keys: readonly string[]
  /** As people do. */
  readonly shown: string
  readonly command: Command
  /** A word for the footer, and how soon it goes there: 1 is always; null: never. */
  readonly footer: readonly [word: string, rank: number] | null
  readonly help: string
  /** It changes something at the broker: off with --read-only. */
  readonly changes: boolean
}

export interface KeyGroup {
  readonly title: string
  readonly keys: readonly Key[]
}

const key = (
  shown: string,
  keys: readonly string[],
  command: Command,
  help: string,
  footer: Key['footer'] = null,
): Key => ({
  keys,
  shown,
  command,
  footer,
  help,
  changes: false,
})

const change = (letter: string, command: Command, help: string, footer: Key['footer'] = null): Key => ({
  ...key(letter, [letter], command, help, footer),
  changes: true,
})

export const KEYS: readonly KeyGroup[] = [
  {
    title: 'Move',
    keys: [
      key('↑ k', ['up', 'k'], 'up', 'up one row'),
      key('↓ j', ['down', 'j'], 'down', 'down one row'),
      key('PgUp', ['pageup', 'C-b'], 'page-up', 'up one page'),
      key('PgDn', ['pagedown', 'C-f'], 'page-down', 'down one page'),
      key('g Home', ['g', 'home'], 'first', 'to the first row'),
      key('G End', ['G', 'end'], 'last', 'to the last row'),
      key('1', ['1'], 'queues', 'queues'),
      key('2', ['2'], 'topics', 'topics'),
      key('3', ['3'], 'subscriptions', 'subscriptions'),
      key('4', ['4'], 'connections', 'connections'),
      key('5', ['5'], 'store', 'store: the journal file by file, and what keeps each'),
      key('Tab', ['tab'], 'next-tab', 'the next table', ['tables', 4]),
      key('S-Tab', ['S-tab'], 'previous-tab', 'the table before'),
      key('Enter', ['enter', 'return'], 'open', 'open the row: settings, rates, consumers', ['open', 1]),
      key('b', ['b'], 'messages', 'the first messages of a queue, without taking any', ['messages', 3]),
      key('Esc', ['escape'], 'back', 'one step back; clears marks, then the filter'),
    ],
  },
  {
    title: 'Look',
    keys: [
      key('/', ['/'], 'filter', 'filter: text, a*b, !not, >1000, cons=0', ['filter', 1]),
      key('s', ['s'], 'sort', 'choose what to sort by', ['sort', 2]),
      key('r', ['r'], 'reverse', 'sort the other way', ['reverse', 5]),
      key('<', ['<'], 'sort-left', 'sort by the column before'),
      key('>', ['>'], 'sort-right', 'sort by the column behind'),
      key('w', ['w'], 'columns', 'choose the columns'),
      key('*', ['*'], 'pin', 'pin the row to the top'),
      key('v', ['v'], 'mark', 'mark the row: P X M R D then act on all that are marked'),
      key('.', ['.'], 'tree', 'destinations as a tree of wildcards, with sums'),
      key('←', ['left', 'h'], 'fold', 'fold a branch of the tree'),
      key('→', ['right'], 'unfold', 'unfold a branch of the tree'),
      key('Space', ['space'], 'freeze', 'freeze the screen, and let it go', ['freeze', 3]),
      key('+', ['+', '='], 'faster', 'ask more often (0.5 1 2 5 10 s)'),
      key('-', ['-'], 'slower', 'ask less often'),
      key('u', ['u'], 'units', 'numbers short or exact'),
      key('t', ['t'], 'theme', 'theme: dark, light, mono'),
      key('y', ['y'], 'copy', 'copy the name, or the message, to the clipboard'),
    ],
  },
  {
    title: 'Change',
    keys: [
      change('P', 'pause', 'pause a queue, or resume it', ['pause', 2]),
      change('X', 'purge', 'purge: all messages of a queue are removed', ['purge', 2]),
      change('M', 'move', 'move the messages to another queue', ['move', 3]),
      change('R', 'retry', 'retry: dead letters go back to where they came from', ['retry DLQ', 3]),
      change('D', 'delete', 'delete a destination, a durable subscription, a message'),
      change('K', 'drop', 'drop a connection'),
      change('F', 'promote', 'hand over to the passive; promote it when the active is gone', ['promote', 2]),
    ],
  },
  {
    title: 'More',
    keys: [
      key('a', ['a'], 'acknowledge', 'the alerts, each with what to do; a acknowledges one', ['alerts', 2]),
      key('V', ['V'], 'verify', 'compare the two copies of the pair, byte by byte'),
      key('e', ['e'], 'export', 'write the table to a file (CSV)'),
      key('l', ['l'], 'log', 'what happened'),
      key(':', [':'], 'command', 'a command line: filter, sort, interval, export …'),
      key('m', ['m'], 'mouse', 'mouse on or off'),
      key('C-l', ['C-l'], 'redraw', 'draw the screen anew'),
      key('C-z', ['C-z'], 'suspend', 'suspend'),
      key('? F1', ['?', 'f1'], 'help', 'this help', ['help', 1]),
      key('q C-c', ['q', 'C-c'], 'quit', 'quit', ['quit', 1]),
    ],
  },
]

/** The row of the table for a key; null: it means nothing. */
export const keyFor = (name: string, extras: readonly Key[]): Key | null =>
  [...extras, ...KEYS.flatMap(({ keys }) => keys)].find(({ keys }) => keys.includes(name)) ?? null

/** All rows in which a word occurs, with those of whoever opened the dashboard before them. */
export function helpGroups(extras: readonly Key[], filter: string): readonly KeyGroup[] {
  const groups = extras.length === 0 ? KEYS : [{ title: 'Demonstration', keys: extras }, ...KEYS]
  const word = filter.toLowerCase()
  return groups
    .map(({ title, keys }) => ({
      title,
      keys: keys.filter(({ shown, help }) => `${shown} ${help}`.toLowerCase().includes(word)),
    }))
    .filter(({ keys }) => keys.length > 0)
}
