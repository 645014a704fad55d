import { UsageError, unknownAction, type Options } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { failure } from './failure.ts'
import { askNode, type NodeCall } from './node-call.ts'

/** What a noun such as `queues` can do: by the word behind it. */
export interface Action {
  readonly options: Options
  run(call: NodeCall): Promise<number>
}

/** `tandemmq NOUN ACTION …` (management TC-06). */
export function noun(
  terminal: Terminal,
  name: string,
  help: string,
  actions: Readonly<Record<string, Action>>,
): Promise<number> {
  const [word, ...args] = terminal.args
  const action = word !== undefined && Object.hasOwn(actions, word) ? actions[word] : undefined
  if (action === undefined || word === undefined)
    return Promise.resolve(
      failure(terminal, name, help, false, new UsageError(unknownAction(word, Object.keys(actions)))),
    )
  return askNode({ ...terminal, args }, { verb: `${name} ${word}`, help, options: action.options }, action.run)
}
