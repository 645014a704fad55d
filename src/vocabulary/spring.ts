export const SPRING_BEANS = 'http://www.springframework.org/schema/beans'

const SPRING_WORDS = new Set(
  'beans bean import alias description property constructor-arg list set array map entry key props prop value ref idref null qualifier lookup-method'.split(
    ' ',
  ),
)

/** A name and the namespace it is in, which is all that says what an element is. */
interface Named {
  readonly uri: string
  readonly local: string
}

/**
 * A Spring element: by its namespace, by none at all (files with the old DTD), or by ActiveMQ's own namespace, in which
 * 4.x files write them (config 1.3).
 */
export const isSpring = ({ uri, local }: Named, coreNamespaces: readonly string[]): boolean =>
  uri === SPRING_BEANS || ((uri === '' || coreNamespaces.includes(uri)) && SPRING_WORDS.has(local))
