/** Who may do what on the nodes of a test: `root` administers everything, `app` uses every queue and topic, `nobody` may log in. */
export const USERS = {
  root: 'root-pass',
  app: 'app-pass',
  nobody: 'nobody-pass',
} as const
export type User = keyof typeof USERS

/** The user has read, write and admin on `queue >` alone: a grant that looks like everything and is not `replicator`. */
const SECURITY = `<plugins>
      <simpleAuthenticationPlugin><users>
        <authenticationUser username="root" password="${USERS.root}" groups="admins"/>
        <authenticationUser username="app" password="${USERS.app}" groups="apps"/>
        <authenticationUser username="nobody" password="${USERS.nobody}" groups="none"/>
      </users></simpleAuthenticationPlugin>
      <authorizationPlugin><map><authorizationMap><authorizationEntries>
        <authorizationEntry queue=">" read="admins,apps" write="admins,apps" admin="admins,apps"/>
        <authorizationEntry topic=">" read="admins,apps" write="admins,apps" admin="admins"/>
        <authorizationEntry topic="ActiveMQ.Advisory.>" read="admins,apps" write="admins,apps" admin="admins,apps"/>
      </authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>`

/** How a passive names its active. All mean the same; the first two are ActiveMQ's, the others those of the documentation. */
export type Introduction = 'masterConnectorURI' | 'masterConnector' | 'activeConnectorURI' | 'activeConnector'

export interface NodeXml {
  readonly brokerName: string
  /** STOMP. */
  readonly port: number
  /** Attributes of <broker>, as text: `shutdownOnMasterFailure="true"`. */
  readonly attributes?: string
  /** This node is the passive of whoever answers at this port. */
  readonly activePort?: number
  readonly introduction?: Introduction
  /** With users and rights; the passive logs in as `login`. */
  readonly secured?: boolean
  readonly login?: { readonly userName: string; readonly password: string }
  /** Bytes of a journal segment as XML has them; small ones make every minute fill and remove many. */
  readonly segment?: string
}

/** An activemq.xml as the documentation of pure master/slave has it. */
export function nodeXml(node: NodeXml): string {
  const { brokerName, port, attributes = '', activePort, introduction = 'masterConnectorURI', secured = false } = node
  const uri = `tcp://127.0.0.1:${activePort}`
  const introduced = activePort === undefined ? '' : introduction
  const attribute = introduced.endsWith('URI') ? `${introduced}="${uri}"` : ''
  const { userName, password } = node.login ?? { userName: 'root', password: USERS.root }
  const login = secured ? `userName="${userName}" password="${password}"` : ''
  const element = introduced.endsWith('Connector')
    ? `<services><${introduced} remoteURI="${uri}" ${login}/></services>`
    : ''
  return `<beans xmlns="http://www.springframework.org/schema/beans">
  <bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"/>
  <broker xmlns="http://activemq.apache.org/schema/core" brokerName="${brokerName}" dataDirectory="\${activemq.data}"
    ${attribute} ${attributes}>
    ${secured ? SECURITY : ''}
    <persistenceAdapter><kahaDB directory="\${activemq.data}/KahaDB" journalMaxFileLength="${node.segment ?? '32mb'}"
      checkpointInterval="${node.segment === undefined ? 5000 : 40}"
      cleanupInterval="${node.segment === undefined ? 30_000 : 40}"/></persistenceAdapter>
    ${element}
    <transportConnectors><transportConnector name="stomp" uri="stomp://127.0.0.1:${port}"/></transportConnectors>
  </broker>
</beans>`
}
