import {
  DestinationKind,
  destinationMatches,
  isQueueKind,
  isTemporaryKind,
  type DestinationName,
} from '../base/destination.ts'

/** `<virtualTopic>`: what is published also goes to the queues that consumers named for themselves (semantics V-01 … V-07). */
export interface VirtualTopicRule {
  readonly kind: 'virtualTopic'
  /** Pattern of topics. */
  readonly name: string
  readonly prefix: string
  readonly postfix: string
  readonly selectorAware: boolean
  readonly setOriginalDestination: boolean
  readonly dropOnResourceLimit: boolean
}

/** `<compositeQueue>`, `<compositeTopic>`: what is sent here goes elsewhere (semantics C-01 … C-05). */
export interface CompositeRule {
  readonly kind: 'composite'
  /** The name may be a pattern. */
  readonly from: DestinationName
  readonly forwardOnly: boolean
  readonly sendWhenNotMatched: boolean
  readonly targets: readonly CompositeTarget[]
}

export interface CompositeTarget {
  readonly to: DestinationName
  /** Null: an entry that is no filteredDestination. A filter without selector never matches (semantics C-04). */
  readonly filter: { readonly selector: string | null } | null
}

/** `<mirroredQueue>`, useMirroredQueues: what is sent to a queue is published on a topic of its own first (semantics C-08). */
export interface MirrorRule {
  readonly kind: 'mirror'
  readonly prefix: string
  readonly postfix: string
  readonly temporary: boolean
}

export type VirtualRule = VirtualTopicRule | CompositeRule | MirrorRule

/** The one that is there when no interceptors are configured (semantics V-01). */
export const builtInVirtualTopic: VirtualTopicRule = {
  kind: 'virtualTopic',
  name: 'VirtualTopic.>',
  prefix: 'Consumer.*.',
  postfix: '',
  selectorAware: false,
  setOriginalDestination: true,
  dropOnResourceLimit: false,
}

/** What must hold for a copy, over and above that it was sent. */
export type Requirement =
  | { readonly kind: 'selector'; readonly text: string }
  /** None of these does. */
  | { readonly kind: 'none'; readonly of: readonly Requirement[] }
  | { readonly kind: 'never' }

/** One copy of a message. */
export interface Copy {
  readonly to: DestinationName
  /** The destination it was sent to before it was forwarded here; null: this one. */
  readonly original: DestinationName | null
  /** Not null: existing queues whose names meet `to`, which is a pattern; `to` itself is none of them (semantics V-03). */
  readonly consumers: VirtualTopicRule | null
  readonly when: readonly Requirement[]
}

/** Copies of copies of copies: deeper than this a configuration goes round in circles. */
const depthMax = 16

/**
 * What becomes of a message that is sent to `at`, by these rules, in the order in which the copies are made: mirrors
 * first, then virtual topics' queues and composites' targets, then the destination itself (semantics V-08, C-08).
 */
export function copiesOf(rules: readonly VirtualRule[], at: DestinationName): Copy[] {
  const copies: Copy[] = []
  expand(rules, { to: at, original: null, consumers: null, when: [] }, [], copies)
  return copies
}

function expand(rules: readonly VirtualRule[], copy: Copy, path: readonly DestinationName[], into: Copy[]): void {
  const { to, original, when } = copy
  // A rule that leads back to where the message came from would never end.
  if (path.length >= depthMax || path.some(({ kind, name }) => kind === to.kind && name === to.name)) {
    into.push(copy)
    return
  }
  const further = [...path, to]
  let stays: Copy | null = copy
  for (const rule of rules) {
    if (rule.kind === 'mirror') {
      if (!mirrors(rule, to)) continue
      const topic = { kind: DestinationKind.topic, name: rule.prefix + to.name + rule.postfix }
      expand(rules, { to: topic, original, consumers: null, when }, further, into)
    } else if (rule.kind === 'virtualTopic') {
      if (to.kind !== DestinationKind.topic || !destinationMatches(rule.name, to.name)) continue
      const queues = { kind: DestinationKind.queue, name: rule.prefix + to.name + rule.postfix }
      into.push({ to: queues, original: to, consumers: rule, when })
    } else if (rule.from.kind === to.kind && destinationMatches(rule.from.name, to.name)) {
      for (const target of rule.targets) {
        const all = target.filter === null ? when : [...when, filtered(target)]
        expand(rules, { to: target.to, original: to, consumers: null, when: all }, further, into)
      }
      stays = staying(rule, stays)
    }
  }
  if (stays !== null) into.push(stays)
}

const mirrors = (rule: MirrorRule, { kind }: DestinationName): boolean =>
  isQueueKind(kind) && (rule.temporary || !isTemporaryKind(kind))

const filtered = ({ filter }: CompositeTarget): Requirement =>
  filter === null || filter.selector === null ? { kind: 'never' } : { kind: 'selector', text: filter.selector }

/** What stays at the composite itself: nothing, all, or what no entry matched (semantics C-02, C-05). */
function staying(rule: CompositeRule, copy: Copy | null): Copy | null {
  if (copy === null) return null
  if (!rule.sendWhenNotMatched) return rule.forwardOnly ? null : copy
  // An entry without filter always matches.
  if (rule.targets.some(({ filter }) => filter === null)) return null
  return { ...copy, when: [...copy.when, { kind: 'none', of: rule.targets.map(filtered) }] }
}

/**
 * Do two names that may both be patterns have a destination in common, as far as a destination map is concerned: a level
 * meets an equal one, a `*` on either side any one, a `>` that ends either the rest (semantics V-03, V-05)?
 */
export function patternsMeet(a: string, b: string): boolean {
  const left = a.split('.')
  const right = b.split('.')
  for (let i = 0; ; i++) {
    const x = left[i]
    const y = right[i]
    if (x === '>' && i === left.length - 1) return right.length >= i
    if (y === '>' && i === right.length - 1) return left.length >= i
    if (x === undefined || y === undefined) return x === y
    if (x !== y && x !== '*' && y !== '*') return false
  }
}

/** Could a queue of this name be fed by a virtual topic? Then routes change when it comes or goes. */
export const feedsFrom = (rules: readonly VirtualRule[], queue: string): boolean =>
  rules.some(rule => {
    if (rule.kind !== 'virtualTopic') return false
    // Behind a `>` there may be anything, the postfix included.
    const postfix = rule.name.endsWith('>') ? '' : rule.postfix
    return patternsMeet(rule.prefix + rule.name + postfix, queue)
  })
