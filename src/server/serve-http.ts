import type { BrokerConfig } from '../config/config.ts'
import { startHttp, startMetrics, type HttpInterface, type Management } from '../http/http.ts'
import type { Deed } from '../management/management.ts'
import { Audit } from './audit.ts'
import type { Security } from './create-broker.ts'
import type { ServerOptions } from './server.ts'
import { GuardedDoor } from './logins.ts'
import { liveAccess } from './web.ts'

/** What a node answers over HTTP: its interface, and metrics on an address of their own. */
export interface Served {
  /** Of the interface; null: it is off, or its port cannot be had. */
  readonly address: string | null
  /** Takes the certificates that are in force now. */
  renew(): void
  close(): Promise<void>
}

/** Opens what the configuration asks for. What cannot be opened is warned about, and missing. */
export async function serveHttp(
  { dataDirectory, shown: { metricsAt } }: BrokerConfig,
  security: Security,
  { log, properties }: Pick<ServerOptions, 'log' | 'properties'>,
  management: Management,
): Promise<Served> {
  const { web } = security
  const audit = new Audit(log, properties['org.apache.activemq.audit'], dataDirectory)
  const record = (deed: Deed): void => audit.record(deed)
  const http: HttpInterface | null =
    web === null
      ? null
      : await startHttp(
          {
            ...web,
            access: liveAccess(web, security),
            guard: new GuardedDoor(security.guard, 'http', log),
            log,
            record,
          },
          management,
        )
  const metrics = metricsAt === null ? null : await startMetrics({ ...metricsAt, log }, management)
  return {
    address: http?.address ?? null,
    renew: () => http?.renew(security.web?.secure ?? []),
    close: async () => {
      await Promise.all([http?.close(), metrics?.close()])
      audit.close()
    },
  }
}
