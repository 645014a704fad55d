import type { BrokerOptions } from './options.ts'

/** Where clients reach the broker: a connector by its scheme. */
export interface ConnectorUrl {
  readonly scheme: string
  readonly uri: string
}

/** What the broker says of itself, in advisories and statistics (stomp S-ADV-03, semantics PL-02). */
export class Identification {
  readonly brokerName: string
  /** `ID:<host>-<port>-<millis>-1:1`; connections have other ids. */
  readonly brokerId: string
  readonly dataDirectory: string
  readonly #urls: () => readonly ConnectorUrl[]

  constructor({ brokerName, idStem, dataDirectory, connectorUrls }: BrokerOptions) {
    this.brokerName = brokerName
    this.brokerId = `${idStem.replace(/-\d+$/, '')}-1:1`
    this.dataDirectory = dataDirectory
    this.#urls = connectorUrls
  }

  get urls(): readonly ConnectorUrl[] {
    return this.#urls()
  }
}
