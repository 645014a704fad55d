import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Event, Plan } from './plan.ts'

/** A language, its client library, and what that can do by itself. */
export interface Language {
  readonly name: string
  readonly command: readonly string[]
  /** Exits with 0 when the library is installed. */
  readonly probe: readonly string[]
  /** Where it comes from. */
  readonly install: string
  readonly heartBeats: boolean
  readonly failover: boolean
  /** The version it fails over with. */
  readonly failoverVersion: Plan['version']
  /** PHP's is built without, by Debian. */
  readonly tls: boolean
}

const script = (name: string): string => resolve('test/clients/scripts', name)

/** What `npm test` runs: it proves the plans and the judges without any foreign language. */
export const NODE: Language = {
  name: 'Node',
  command: [process.execPath, fileURLToPath(new URL('node-client.js', import.meta.url))],
  probe: [process.execPath, '--version'],
  install: 'https://nodejs.org',
  heartBeats: false,
  failover: false,
  failoverVersion: '1.2',
  tls: false,
}

export const LANGUAGES: readonly Language[] = [
  {
    name: 'Python stomp.py',
    command: ['/usr/bin/python3', script('client.py')],
    probe: ['/usr/bin/python3', '-c', 'import stomp'],
    install: 'apt-get install python3-stomp',
    heartBeats: true,
    failover: true,
    failoverVersion: '1.2',
    tls: true,
  },
  {
    name: 'Ruby stomp',
    command: ['ruby', script('client.rb')],
    probe: ['ruby', '-e', 'require "stomp"'],
    install: 'apt-get install ruby-stomp',
    heartBeats: true,
    failover: true,
    failoverVersion: '1.2',
    tls: true,
  },
  {
    name: 'PHP Stomp',
    command: ['php', script('client.php')],
    probe: ['php', '-r', 'exit(class_exists("Stomp") ? 0 : 1);'],
    install: 'apt-get install php-cli php-stomp',
    heartBeats: false,
    failover: false,
    failoverVersion: '1.2',
    tls: false,
  },
  {
    name: 'Perl Net::Stomp',
    command: ['perl', script('client.pl')],
    probe: ['perl', '-MNet::Stomp', '-MIO::Socket::SSL', '-e', '1'],
    install: 'apt-get install libnet-stomp-perl libio-socket-ssl-perl',
    heartBeats: false,
    failover: true,
    // In 1.2 it would not recognise its own receipts: it does not decode headers.
    failoverVersion: '1.0',
    tls: true,
  },
]

export const installed = ({ probe: [command = '', ...args] }: Language): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0

/** How long a script may take. */
const deadlineMs = 60_000

/** Runs a plan to its end; `seen` hears each event as it comes. Rejects with what the script said when it fails. */
export function run(language: Language, plan: Plan, seen: (event: Event) => void = () => {}): Promise<Event[]> {
  const [command = '', ...args] = language.command
  const child = spawn(command, [...args, JSON.stringify(plan)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const late = setTimeout(() => child.kill('SIGKILL'), deadlineMs)
  const events: Event[] = []
  let complaints = ''
  child.stderr.on('data', (text: Buffer) => (complaints += text.toString()))
  createInterface({ input: child.stdout }).on('line', line => {
    if (!line.startsWith('{')) return void (complaints += `${line}\n`)
    const event = JSON.parse(line) as Event
    events.push(event)
    seen(event)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => {
      clearTimeout(late)
      if (code === 0 && events.at(-1)?.event === 'done') return resolve(events)
      reject(new Error(`${language.name} ended with ${code}: ${JSON.stringify(events)}\n${complaints}`))
    })
  })
}
