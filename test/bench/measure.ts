import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { LoadResult } from './generator.ts'
import { DEFAULTS, toArguments } from './options.ts'
import type { LoadOptions } from './options.ts'
import type { Broker } from './peers.ts'
import { usageOf } from './processes.ts'
import type { Scenario } from './scenarios.ts'

/** One measured run. */
export interface Sample {
  readonly result: LoadResult
  /** Processor seconds of the broker's process tree while the load ran. */
  readonly cpuS: number
}

const LOAD_PROGRAM = fileURLToPath(new URL('./load.js', import.meta.url))
/** A load is given up after this long; its process is killed a little later. */
const LOAD_S_MAX = 90
const KILL_AFTER_MS = (LOAD_S_MAX + 15) * 1000
const FIRST_MESSAGES = 2000
const WARM_UP_PASSES = 3
const MESSAGES_MAX = 1_000_000
const SETTLE_MS_MAX = 3000
const SETTLE_MS = 200
/** A broker is quiet when it takes less of a core than this. */
const QUIET_SHARE = 0.1

let loads = 0

/** The options of one load of a scenario on a broker: fresh names each time, about `messages` in all. */
export function loadOptions(broker: Broker, scenario: Scenario, messages: number): Partial<LoadOptions> {
  loads += 1
  const { headers, subscribeHeaders, ...reach } = broker.reach
  // queue arguments: on a topic the same words would ask for a durable subscription
  const arguments_ =
    scenario.load.kind === '/topic/' ? {} : { headers: headers ?? [], subscribeHeaders: subscribeHeaders ?? [] }
  return {
    ...reach,
    ...arguments_,
    ...scenario.load,
    messages: Math.max(1, Math.ceil(messages / scenario.load.producers)),
    size: DEFAULTS.size,
    prefix: `bench${process.pid}.${loads}.`,
    timeoutS: LOAD_S_MAX,
  }
}

/** Runs our generator, in a process of its own. Rejects when it says nothing intelligible. */
export async function runOurs(options: Partial<LoadOptions>): Promise<LoadResult> {
  const output = await outputOf(process.execPath, [LOAD_PROGRAM, ...toArguments(options)])
  return JSON.parse(output) as LoadResult
}

/** A program's standard output, whatever its exit code; rejects when it printed none. */
export async function outputOf(command: string, args: readonly string[]): Promise<string> {
  return await new Promise<string>((resolve, reject) => {
    const limits = { timeout: KILL_AFTER_MS, killSignal: 'SIGKILL', maxBuffer: 1 << 24 } as const
    execFile(command, [...args], limits, (error, stdout, stderr) => {
      if (stdout.trim() !== '') resolve(stdout)
      else reject(new Error(`${command} said nothing: ${stderr.trim() || (error?.message ?? 'no output')}`))
    })
  })
}

export async function measure(broker: Broker, scenario: Scenario, messages: number): Promise<Sample> {
  const options = loadOptions(broker, scenario, messages)
  const before = usageOf(broker.pids).cpuS
  const result = await runOurs(options)
  return { result, cpuS: usageOf(broker.pids).cpuS - before }
}

/**
 * Warms the broker up (its JIT, its files) and finds how many messages take `seconds` there: a small load to learn the rough
 * speed, then full ones. A Java broker doubles its speed between the first and the third.
 */
export async function warmUp(broker: Broker, scenario: Scenario, seconds: number): Promise<number> {
  if (scenario.messages !== undefined) {
    await measure(broker, scenario, scenario.warmUp ?? scenario.messages / 2)
    return scenario.messages
  }
  let messages = FIRST_MESSAGES
  for (let pass = 0; pass < WARM_UP_PASSES; pass += 1) {
    const { perS } = (await measure(broker, scenario, messages)).result
    if (perS > 0) messages = Math.min(MESSAGES_MAX, Math.max(FIRST_MESSAGES, Math.ceil(perS * seconds)))
  }
  return messages
}

/** Waits until no broker is busy with what it put off (checkpoints, collections), three seconds at most. */
export async function settle(brokers: readonly Broker[]): Promise<void> {
  const pids = brokers.flatMap(broker => broker.pids)
  const until = performance.now() + SETTLE_MS_MAX
  for (let before = usageOf(pids).cpuS; performance.now() < until;) {
    await new Promise(resolve => setTimeout(resolve, SETTLE_MS))
    const after = usageOf(pids).cpuS
    if (after - before <= (QUIET_SHARE * SETTLE_MS) / 1000) return
    before = after
  }
}
