/**
 * What a foreign client does, and what it says it saw. The scripts in scripts/ each take a plan as their one argument, do its
 * steps with the client library of their language, and print one event a line.
 */
export type Step =
  | {
      readonly do: 'send'
      readonly destination: string
      readonly body: string
      readonly receipt?: boolean
      readonly headers?: Headers
    }
  | {
      readonly do: 'subscribe'
      readonly destination: string
      readonly id: string
      readonly ack: string
      readonly headers?: Headers
    }
  | { readonly do: 'unsubscribe'; readonly destination: string; readonly id: string; readonly headers?: Headers }
  /** The next so many messages; ACK and NACK name them by their place in all that were taken. */
  | { readonly do: 'take'; readonly count: number }
  | { readonly do: 'ack' | 'nack'; readonly message: number; readonly transaction?: string }
  | { readonly do: 'begin' | 'commit' | 'abort'; readonly transaction: string }
  /** Nothing for so long, heart-beats aside. */
  | { readonly do: 'idle'; readonly ms: number }
  /** f0, f1, …: each sent until its receipt came, over however many connections. */
  | { readonly do: 'flood'; readonly destination: string; readonly count: number }

type Headers = Readonly<Record<string, string>>

export interface Plan {
  readonly version: '1.0' | '1.1' | '1.2'
  readonly host: string
  /** Several: the addresses of a pair. */
  readonly ports: readonly number[]
  /** With TLS, trusting this certificate. */
  readonly ca?: string
  /** ms, both ways; 0: none. */
  readonly heartBeat: number
  /** More headers of CONNECT. */
  readonly connect: Headers
  readonly steps: readonly Step[]
}

export interface Event {
  readonly event: 'connected' | 'subscribed' | 'refused' | 'receipt' | 'message' | 'error' | 'idle' | 'done'
  readonly version?: string
  readonly body?: string
  readonly message?: string
  readonly open?: boolean
  readonly headers?: Readonly<Record<string, string>>
}
