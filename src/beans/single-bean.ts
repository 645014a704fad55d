import type { Bean, BeanClass, ObjectName } from '../management/management.ts'
import type { BeanSource } from './sources.ts'

/** A bean that there is once, or not at all. */
export function singleBean<T>(name: ObjectName, kind: BeanClass<T>, target: () => T | null): BeanSource {
  const find = (): Bean | null => {
    const found = target()
    return found === null ? null : { name, kind, target: found }
  }
  return {
    domain: name.domain,
    keys: name.keys,
    find,
    all: () => {
      const bean = find()
      return bean === null ? [] : [bean]
    },
  }
}
