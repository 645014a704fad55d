/** A jetty.xml as ActiveMQ 5.14 to 6.2 ship it, with parts that a test may replace; without a licence, and one webapp of it. */
export interface JettyParts {
  readonly host?: string
  readonly port?: string
  /** `<property>`s of the login service, and its class. */
  readonly login?: string
  readonly roles?: string
  readonly authenticate?: string
  /** More `<bean>`s of class Constraint and ConstraintMapping, and references to the latter. */
  readonly constraints?: string
  readonly mappings?: string
  /** More connectors. */
  readonly connectors?: string
  readonly more?: string
  /** The console; empty: none is asked for. */
  readonly webapps?: string
}

export const HASH = `<bean id="securityLoginService" class="org.eclipse.jetty.security.HashLoginService">
    <property name="name" value="ActiveMQRealm" />
    <property name="config" value="\${activemq.conf}/jetty-realm.properties" />
  </bean>`

export const JAAS = `<bean id="securityLoginService" class="org.eclipse.jetty.jaas.JAASLoginService">
    <property name="name" value="ActiveMQRealm" />
    <property name="LoginModuleName" value="activemq"/>
    <property name="roleClassNames" value="org.apache.activemq.jaas.GroupPrincipal" />
  </bean>`

const CONSOLE = `<bean class="org.eclipse.jetty.webapp.WebAppContext">
      <property name="contextPath" value="/admin" />
      <property name="resourceBase" value="\${activemq.home}/webapps/admin" />
    </bean>`

export const jettyXml = (parts: JettyParts = {}): string => {
  const { host = '127.0.0.1', port = '8161', login = HASH, roles = 'user,admin', authenticate = 'true' } = parts
  const { constraints = '', mappings = '', connectors = '', more = '', webapps = CONSOLE } = parts
  return `<beans xmlns="http://www.springframework.org/schema/beans">
  ${login}
  <bean id="securityConstraint" class="org.eclipse.jetty.util.security.Constraint">
    <property name="name" value="BASIC" />
    <property name="roles" value="${roles}" />
    <!-- set authenticate=false to disable login -->
    <property name="authenticate" value="${authenticate}" />
  </bean>
  <bean id="adminSecurityConstraint" class="org.eclipse.jetty.util.security.Constraint">
    <property name="name" value="BASIC" />
    <property name="roles" value="admin" />
    <property name="authenticate" value="true" />
  </bean>
  <bean id="securityConstraintMapping" class="org.eclipse.jetty.security.ConstraintMapping">
    <property name="constraint" ref="securityConstraint" />
    <property name="pathSpec" value="/,/api/*,*.jsp,*.html" />
  </bean>
  <bean id="adminSecurityConstraintMapping" class="org.eclipse.jetty.security.ConstraintMapping">
    <property name="constraint" ref="adminSecurityConstraint" />
    <property name="pathSpec" value="*.action" />
  </bean>
  ${constraints}
  <bean id="rewriteHandler" class="org.eclipse.jetty.rewrite.handler.RewriteHandler">
    <property name="rules"><list>
      <bean id="header" class="org.eclipse.jetty.rewrite.handler.HeaderPatternRule">
        <property name="pattern" value="*"/><property name="name" value="X-FRAME-OPTIONS"/>
        <property name="value" value="SAMEORIGIN"/>
      </bean>
      <bean id="header" class="org.eclipse.jetty.rewrite.handler.HeaderPatternRule">
        <property name="pattern" value="*"/><property name="name" value="X-XSS-Protection"/>
        <property name="value" value="1; mode=block"/>
      </bean>
    </list></property>
  </bean>
  <bean id="secHandlerCollection" class="org.eclipse.jetty.server.handler.HandlerCollection">
    <property name="handlers"><list>${webapps}</list></property>
  </bean>
  <bean id="securityHandler" class="org.eclipse.jetty.security.ConstraintSecurityHandler">
    <property name="loginService" ref="securityLoginService" />
    <property name="authenticator">
      <bean class="org.eclipse.jetty.security.authentication.BasicAuthenticator" />
    </property>
    <property name="constraintMappings"><list>
      <ref bean="adminSecurityConstraintMapping" />
      <ref bean="securityConstraintMapping" />
      ${mappings}
    </list></property>
    <property name="handler" ref="secHandlerCollection" />
  </bean>
  <bean id="jettyPort" class="org.apache.activemq.web.WebConsolePort" init-method="start">
    <property name="host" value="${host}"/><property name="port" value="${port}"/>
  </bean>
  <bean id="Server" depends-on="jettyPort" class="org.eclipse.jetty.server.Server" destroy-method="stop"/>
  <bean id="invokeConnectors" class="org.springframework.beans.factory.config.MethodInvokingFactoryBean">
    <property name="targetObject" ref="Server" /><property name="targetMethod" value="setConnectors" />
    <property name="arguments"><list>
      <bean id="Connector" class="org.eclipse.jetty.server.ServerConnector">
        <constructor-arg ref="Server" />
        <property name="host" value="#{systemProperties['jetty.host']}" />
        <property name="port" value="#{systemProperties['jetty.port']}" />
      </bean>
      ${connectors}
    </list></property>
  </bean>
  ${more}
</beans>`
}

/** A connector by TLS as ActiveMQ's file has it in a comment. */
export const secureConnector = (store: string, port: string, more = ''): string => `
  <bean id="SecureConnector" class="org.eclipse.jetty.server.ServerConnector">
    <constructor-arg ref="Server" />
    <constructor-arg>
      <bean id="handlers" class="org.eclipse.jetty.util.ssl.SslContextFactory$Server">
        <property name="keyStorePath" value="${store}" /><property name="keyStoreType" value="pkcs12" />
        <property name="keyStorePassword" value="store-secret" />${more}
      </bean>
    </constructor-arg>
    <property name="host" value="127.0.0.1"/><property name="port" value="${port}" />
  </bean>`

/** ActiveMQ's own files of users. */
export const REALM = `# username: password [,rolename ...]
admin: admin, admin
user: user, user
`

/** jetty.xml of 5.7: a Jetty 8, open unless somebody sets authenticate. */
export const OLD_JETTY: string = `<beans xmlns="http://www.springframework.org/schema/beans">
  ${HASH}
  <bean id="securityConstraint" class="org.eclipse.jetty.util.security.Constraint">
    <property name="name" value="BASIC" /><property name="roles" value="admin" />
    <property name="authenticate" value="false" />
  </bean>
  <bean id="securityConstraintMapping" class="org.eclipse.jetty.security.ConstraintMapping">
    <property name="constraint" ref="securityConstraint" /><property name="pathSpec" value="/*" />
  </bean>
  <bean id="securityHandler" class="org.eclipse.jetty.security.ConstraintSecurityHandler">
    <property name="loginService" ref="securityLoginService" />
    <property name="authenticator"><bean class="org.eclipse.jetty.security.authentication.BasicAuthenticator" /></property>
    <property name="constraintMappings"><list><ref bean="securityConstraintMapping" /></list></property>
  </bean>
  <bean id="Server" class="org.eclipse.jetty.server.Server" init-method="start" destroy-method="stop">
    <property name="connectors"><list>
      <bean id="Connector" class="org.eclipse.jetty.server.nio.SelectChannelConnector">
        <property name="port" value="8161" />
      </bean>
    </list></property>
  </bean>
</beans>`

/** jolokia-access.xml as ActiveMQ 5.17.4 to 6.2.5 ship it. */
export const ACCESS = `<?xml version="1.0" encoding="UTF-8"?>
<restrict>
  <cors><strict-checking/></cors>
  <commands>
    <command>read</command><command>list</command><command>version</command><command>search</command>
  </commands>
  <allow>
    <mbean><name>org.apache.activemq:*</name><attribute>*</attribute><operation>*</operation></mbean>
  </allow>
  <deny>
    <mbean><name>org.apache.logging.log4j2:*</name><attribute>*</attribute><operation>*</operation></mbean>
  </deny>
</restrict>`
