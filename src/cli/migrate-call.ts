import { messageOf, type TandemError } from '../base/errors.ts'
import { LEDGER, parseBrokerUrl, type BrokerUrl, type Dialling, type Login } from '../client/client.ts'
import { UsageError, readArguments, type Options } from './arguments.ts'
import { loginOf } from './broker-access.ts'
import type { Terminal } from './cli.ts'
import { duration, wholeNumber } from './jms-arguments.ts'
import type { WantedHeld } from './migrate-held.ts'

export const MIGRATE_HELP: string = `Usage: tandemmq migrate --from stomp://OLD:61613 --to stomp://NEW:61613 (--all | --queues A,B …) [options]

Moves the messages of queues from one broker to another over STOMP, while both run: from ActiveMQ or TandemMQ to TandemMQ.
From a TandemMQ also durable subscriptions with what they have collected, and scheduled messages with their times: they
go by queues of the old broker that begin with tandemmq.released, where a run that is killed leaves them for the next one.
Each batch is sent to the new broker in one transaction, with an entry in the queue ${LEDGER} there that says which
messages it holds, and acknowledged on the old one after that. Stopped or killed, call it again: what the ledger lists is
acknowledged and not sent again, so nothing is lost and nothing is there twice. Let the consumers go to the new broker
before: one that is still at the old broker may take a message there that has just arrived here.

  --from, --to URL  also ssl://, stomp+ssl:// and failover:(stomp://a:61613,stomp://b:61613), as of a pair
  --queues A,B      these; with * and ? those that match
  --subscriptions CLIENT:NAME,…   these durable subscriptions, while their clients are not connected; with * and ?
  --scheduled       scheduled messages; the new broker needs schedulerSupport="true"
  --all             every queue, dead letters too; the broker names them by its advisories, or by --from-http. From a
                    TandemMQ every durable subscription and what is scheduled as well
  --from-http URL   the old broker's web console, http://OLD:8161: names and sizes, and which durable subscriptions stay
  --batch N         200: messages of a transaction; at most twice as many are in memory, fewer when the first is large
  --idle S          2: a queue without a new message for so long is looked at, whether it is empty
  --patience S      30: how long to wait for messages that the old broker has and does not hand over
  --without-groups  moves messages of a message group also from ActiveMQ, which shows the group to nobody over STOMP: they
                    are in none then. Without it they stay, and are counted
  --empty           moves texts without content too, which ActiveMQ makes of map and stream messages it cannot show
  --dry-run         looks at the queues, and moves nothing
  --json            one object at the end; --quiet: no line for each queue
  --from-user NAME, --from-password-file FILE, --to-user …, --to-password-file …, --from-http-user …,
  --from-http-password-file FILE; also --…-password, and TANDEMMQ_FROM_USER, TANDEMMQ_FROM_PASSWORD, TANDEMMQ_TO_…
  --from-ca FILE, --to-ca FILE   PEM certificates to trust; --…-cert, --…-key: who this is. For https:// of --from-http
                    NODE_EXTRA_CA_CERTS

Kept: body, persistence, priority, expiry, timestamp, correlation id, reply-to, type, group, every property (as text). A
message gets a new id. Not moved: messages in transactions; from ActiveMQ durable subscriptions and scheduled messages. By
hand: let a durable subscriber take all it has at the old broker before it goes to the new one, and subscribe there before
the producers go; let scheduled messages fire at the old broker, and call this again.

Exit code 0 all moved, 1 failed, 2 a wrong call, 3 not reachable, 4 login refused, 7 some messages stayed, 130 or 143
stopped.

Example: tandemmq migrate --from stomp://old:61613 --to stomp://new:61613 --queues orders,payments
`

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const TLS = ['ca', 'cert', 'key']
const LOGIN = ['user', 'password', 'password-file']
const optionsOf = (prefix: string, names: readonly string[]): Options =>
  Object.fromEntries(names.map(name => [`${prefix}${name}`, text]))

const OPTIONS: Options = {
  from: text,
  to: text,
  queues: text,
  subscriptions: text,
  scheduled: flag,
  'from-http': text,
  batch: text,
  idle: text,
  patience: text,
  all: flag,
  'without-groups': flag,
  empty: flag,
  'dry-run': flag,
  json: flag,
  quiet: flag,
  ...optionsOf('from-', [...LOGIN, ...TLS]),
  ...optionsOf('to-', [...LOGIN, ...TLS]),
  // Node's own fetch knows NODE_EXTRA_CA_CERTS only.
  ...optionsOf('from-http-', LOGIN),
}

/** What a call asks for. */
export interface MigrateCall {
  readonly from: Dialling
  readonly to: Dialling
  /** Names and patterns; null: all. */
  readonly wanted: readonly string[] | null
  readonly held: WantedHeld
  readonly http: string | null
  readonly httpLogin: Login
  readonly batch: number
  readonly idle: number
  readonly patience: number
  readonly withoutGroups: boolean
  readonly empty: boolean
  readonly dryRun: boolean
  readonly json: boolean
  readonly quiet: boolean
}

/** Reads a call; files of passwords too. Throws UsageError. */
export async function parseMigrate(terminal: Terminal, signal: AbortSignal): Promise<MigrateCall> {
  const given = readArguments(terminal.args, OPTIONS)
  const { values, flags, rest } = given
  if (rest.length > 0) throw new UsageError(strayText(rest[0]!))
  const queues = values.get('queues')
  const listOf = (names: string | undefined): string[] => names?.split(',').map(name => name.trim()) ?? []
  const subscriptions = listOf(values.get('subscriptions'))
  const held = { all: flags.has('all'), subscriptions, scheduled: flags.has('scheduled') }
  const some = queues !== undefined || subscriptions.length > 0 || held.scheduled
  if (some === held.all) throw new UsageError('say which queues: --queues A,B or --all')
  const [from, to] = (['from', 'to'] as const).map(side => brokerOf(values.get(side), side))
  if (from!.addresses.some(a => to!.addresses.some(b => a.host === b.host && a.port === b.port)))
    throw new UsageError('--from and --to are the same broker')
  const retry = (error: TandemError): void => terminal.err(`tandemmq migrate: ${error.message}; trying again\n`)
  return {
    from: { url: from!, login: await loginOf(given, terminal, 'from-'), signal, onRetry: retry },
    to: { url: to!, login: await loginOf(given, terminal, 'to-'), signal, onRetry: retry },
    wanted: held.all ? null : listOf(queues).map(name => name.replace(/^(queue:\/\/|\/queue\/)/, '')),
    held,
    http: values.get('from-http') ?? null,
    httpLogin: await loginOf(given, terminal, 'from-http-'),
    batch: wholeNumber(given, 'batch', 200, 1),
    idle: Math.max(1, duration(given, 'idle', 2000)),
    patience: duration(given, 'patience', 30_000),
    withoutGroups: flags.has('without-groups'),
    empty: flags.has('empty'),
    dryRun: flags.has('dry-run'),
    json: flags.has('json'),
    quiet: flags.has('quiet'),
  }
}

/** Who gives a file wants another verb. */
const strayText = (word: string): string =>
  /\.(xml|json|ya?ml)$/i.test(word)
    ? `${word}: to rewrite a configuration: "tandemmq upgrade ${word}"`
    : `${word}: name queues with --queues`

function brokerOf(url: string | undefined, side: string): BrokerUrl {
  if (url === undefined)
    throw new UsageError(`name the ${side === 'from' ? 'old' : 'new'} broker: --${side} stomp://HOST:61613`)
  try {
    return parseBrokerUrl(url)
  } catch (error) {
    throw new UsageError(`--${side}: ${messageOf(error)}`)
  }
}
