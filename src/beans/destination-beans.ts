import type { DestinationKind } from '../base/destination.ts'
import {
  ACTIVEMQ,
  DESTINATION_TYPES,
  beanClass,
  encodeValue,
  isAmbiguous,
  type Bean,
  type BeanClass,
  type ObjectName,
} from '../management/management.ts'
import type { Desk } from './desk.ts'
import { DESTINATION_ATTRIBUTES, QUEUE_ATTRIBUTES } from './destination-attributes.ts'
import { DESTINATION_OPERATIONS, QUEUE_OPERATIONS } from './destination-operations.ts'
import type { DestinationView } from './destination-view.ts'
import type { BeanSource } from './sources.ts'

const JMX = 'org.apache.activemq.broker.jmx'
const queue = {
  attributes: [...DESTINATION_ATTRIBUTES, ...QUEUE_ATTRIBUTES],
  operations: [...DESTINATION_OPERATIONS, ...QUEUE_OPERATIONS],
}
const topic = { attributes: DESTINATION_ATTRIBUTES, operations: DESTINATION_OPERATIONS }

const CLASSES: readonly BeanClass<DestinationView>[] = [
  beanClass({ className: `${JMX}.QueueView`, description: 'A queue.', ...queue }),
  beanClass({ className: `${JMX}.TopicView`, description: 'A topic.', ...topic }),
  beanClass({ className: `${JMX}.TempQueueView`, description: 'A temporary queue.', ...queue }),
  beanClass({ className: `${JMX}.TempTopicView`, description: 'A temporary topic.', ...topic }),
]

/** Destinations of one kind (management ON-02). */
export class DestinationBeans implements BeanSource {
  readonly domain: string = ACTIVEMQ
  readonly keys: ReadonlyMap<string, string | null>
  readonly #desk: Desk
  readonly #kind: DestinationKind

  constructor(desk: Desk, kind: DestinationKind) {
    this.#desk = desk
    this.#kind = kind
    this.keys = new Map([
      ['type', 'Broker'],
      ['brokerName', encodeValue(desk.host.config.brokerName)],
      ['destinationType', DESTINATION_TYPES[kind]],
      ['destinationName', null],
    ])
  }

  find({ keys }: ObjectName): Bean | null {
    const view = findDestination(this.#desk, this.#kind, keys.get('destinationName') ?? '')
    return view === null ? null : this.#bean(view)
  }

  *all(): Generator<Bean> {
    for (const view of this.#desk.destinations(this.#kind)) yield this.#bean(view)
  }

  #bean(view: DestinationView): Bean {
    return { name: this.#desk.names.destination(view.at, view.to), kind: CLASSES[this.#kind]!, target: view }
  }
}

/** The destination whose name is written so: the one of exactly this name, if there are several. */
export function findDestination(desk: Desk, kind: DestinationKind, value: string): DestinationView | null {
  const exact = encodeValue(value) === value ? desk.destination({ kind, name: value }) : null
  if (exact !== null || !isAmbiguous(value)) return exact
  for (const view of desk.destinations(kind)) if (encodeValue(view.at.name) === value) return view
  return null
}
