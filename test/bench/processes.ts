/** Child processes the bench starts: each in its own process group, stopped by its id, never outliving the bench. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { openSync, closeSync, readdirSync, readFileSync } from 'node:fs'

export interface Usage {
  /** utime + stime of the process tree, its reaped children included, in seconds. */
  readonly cpuS: number
  /** VmHWM summed over the process tree, in KiB. */
  readonly peakKb: number
}

export interface Child {
  readonly pid: number
  /** Resolves when the process has ended, to its exit code or signal. */
  readonly ended: Promise<string>
  /** SIGTERM, and SIGKILL for what is left of its process tree after `graceMs`. */
  stop(graceMs?: number): Promise<void>
}

const STOP_GRACE_MS = 15_000
/** USER_HZ, fixed at 100 on every Linux that Node runs on. */
const TICKS_PER_S = 100
const running = new Set<ChildProcess>()

/** Starts a program with its output in `logFile`; the program's end before `stop` is for the caller to notice by `ended`. */
export function startChild(command: string, args: readonly string[], env: NodeJS.ProcessEnv, logFile: string): Child {
  const log = openSync(logFile, 'a')
  // detached: a process group of its own, so that Ctrl-C reaches the bench alone, which then stops it in order
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  running.add(child)
  const ended = new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  }).finally(() => running.delete(child))
  const pid = child.pid ?? 0
  return {
    pid,
    ended,
    async stop(graceMs = STOP_GRACE_MS): Promise<void> {
      if (pid === 0) return
      // helpers that made groups of their own (Erlang's port programs) are known by their start time as well, for ids are reused
      const tree = processTree(pid).map(member => [member, startTimeOf(member)] as const)
      child.kill('SIGTERM')
      const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs)
      await ended
      clearTimeout(timer)
      signalGroup(pid, 'SIGKILL')
      for (const [member, startTime] of tree)
        if (startTime !== undefined && startTimeOf(member) === startTime) signal(member, 'SIGKILL')
    },
  }
}

/** Kills whatever still runs, at once: for the moment the bench itself must go. */
export function killAll(): void {
  for (const child of running) if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL')
}

/** Processor time and peak memory of a process and all below it; zeros where there is no /proc. */
export function usageOf(pids: readonly number[]): Usage {
  let ticks = 0
  let peakKb = 0
  for (const pid of pids.flatMap(processTree)) {
    // after the name: state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime cutime cstime
    for (const field of statOf(pid).slice(11, 15)) ticks += Number(field)
    peakKb += Number(/VmHWM:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0)
  }
  return { cpuS: ticks / TICKS_PER_S, peakKb }
}

/** The process and its descendants. */
function processTree(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of list('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const parent = parentOf(pid)
    children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  const tree = [root]
  for (const pid of tree) tree.push(...(children.get(pid) ?? []))
  return tree
}

/** The fields of /proc/PID/stat after the command's name, which may itself hold spaces and brackets. */
function statOf(pid: number): string[] {
  const text = read(`/proc/${pid}/stat`)
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

const parentOf = (pid: number): number => Number(statOf(pid)[1] ?? 0)
const startTimeOf = (pid: number): string | undefined => statOf(pid)[19]

function signalGroup(pid: number, name: NodeJS.Signals): void {
  signal(-pid, name)
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // it has ended already
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // the process ended between listing and reading, or there is no /proc
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
