import type { ObjectName } from './object-name.ts'

/**
 * What a bean shows and does, as JMX knows it. One class describes ten thousand beans: it holds tables, no state.
 * Values are what `render` (jolokia) turns into JSON: string, number, boolean, null, bigint (long), Date, ObjectName,
 * arrays, plain objects (CompositeData, maps) and Table (TabularData).
 */
export interface BeanClass<T> {
  /** The Java class that ActiveMQ's bean has, such as `org.apache.activemq.broker.jmx.QueueView`. */
  readonly className: string
  readonly description: string
  readonly attributes: ReadonlyMap<string, Attribute<T>>
  readonly operations: readonly Operation<T>[]
}

export interface Attribute<T> {
  readonly name: string
  /** As `list` prints it: `long`, `java.lang.String`, `[Ljavax.management.ObjectName;`. */
  readonly type: string
  readonly description: string
  /** Of now; must not block, and throws a BeanError where ActiveMQ's would throw. */
  read(target: T): unknown
  /** Absent: read-only. The value is of `type` already. */
  write?(target: T, value: unknown): void
}

export interface Operation<T> {
  readonly name: string
  readonly description: string
  readonly parameters: readonly Parameter[]
  /** The Java type of what it answers; `void` answers null. */
  readonly returns: string
  /** It changes nothing: a passive answers it too (management P-03). */
  readonly reads?: true
  /** It changes something, and a passive does it all the same: it is about the node or the pair. */
  readonly onPassive?: true
  /** The arguments are of their types already. A rejection is a BeanError, or a TandemError that becomes one. */
  call(target: T, args: readonly unknown[], caller: Caller): unknown
}

export interface Parameter {
  readonly name: string
  readonly type: string
  readonly description: string
}

/** Who asks, for the audit log and for what only some may do. */
export interface Caller {
  readonly user: string | null
  readonly roles: readonly string[]
  /** `host:port`, or a name that the caller gave of itself (management UA-03). */
  readonly from: string
}

/** A bean: its name, what it can, and the thing itself. */
export interface Bean<T = unknown> {
  readonly name: ObjectName
  readonly kind: BeanClass<T>
  readonly target: T
}

/** The beans of a node as of now. Nothing here may take longer than what it finds. */
export interface BeanServer {
  /** Null: there is none of exactly this name, in whatever order its keys are written. */
  find(name: ObjectName): Bean | null
  /** All that match a pattern (management ON-12), in the order of their canonical names. */
  query(pattern: ObjectName): Iterable<Bean>
  /** As `query`, with a place to rest at each `yield`; where it is missing, `query` is short work. */
  gather?(pattern: ObjectName): Generator<undefined, readonly Bean[], undefined>
  /** Why nothing may be changed here now, as the message of an IllegalStateException; null: it may (management P-03). */
  readonly readOnly: string | null
}

/** TabularData: rows under the value of their index columns (management JR-14). */
export class Table {
  readonly index: readonly string[]
  readonly rows: readonly Readonly<Record<string, unknown>>[]

  constructor(index: readonly string[], rows: readonly Readonly<Record<string, unknown>>[]) {
    this.index = index
    this.rows = rows
  }
}

/** A failure as a Java client sees it: `className : message`, status 500 unless said otherwise (management 1.3). */
export class BeanError extends Error {
  readonly className: string
  readonly status: number

  constructor(className: string, message: string, status = 500) {
    super(message)
    this.className = className
    this.status = status
  }
}
