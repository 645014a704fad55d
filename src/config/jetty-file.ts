/** `jetty.xml`, `jetty-demo.xml`, `jetty-spring.xml`, a slave's `jettySlave.xml`. */
export const isJettyFile = (name: string): boolean => /^jetty[\w.-]*\.xml$/i.test(name)
