/** How the node is shown to monitors: `-Dtandemmq.metrics…`, `web.…`, `rest` (management sections 3 and 4). */
export interface ShownConfig {
  /** `login`: as the web port is; `none`: to whoever asks. */
  readonly metricsAuth: 'login' | 'none'
  /** An address of its own for /metrics, without a login; null: on the web port alone. */
  readonly metricsAt: { readonly host: string; readonly port: number } | null
  readonly metricsNames: 'snake' | 'flat' | 'jmx'
  /** Destinations of each kind that have metrics of their own. */
  readonly metricsDestinationsMax: number
  /** Topics in XML feeds without the blank at the end of their names. */
  readonly trimTopicNames: boolean
  /** Messages may be sent and taken by HTTP. */
  readonly rest: boolean
  /** A passive shows its broker bean alone, as ActiveMQ's does (management P-03). */
  readonly passiveMinimal: boolean
}
