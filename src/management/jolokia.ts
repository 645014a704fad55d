import type { Log } from '../base/log.ts'
import { allowsCommand, type AccessPolicy } from './access.ts'
import { BeanError, type Bean, type BeanServer, type Caller } from './bean.ts'
import { execute, writeAttribute, type Changing, type Deed } from './change.ts'
import { failureOf, failureText, forbidden } from './failure.ts'
import { jsonText, type JsonValue } from './json.ts'
import { listValue } from './list.ts'
import { currentName } from './old-name.ts'
import type { ObjectName } from './object-name.ts'
import { processingOptions, type ProcessingOptions } from './options.ts'
import { isConcrete } from './pattern.ts'
import { gatheredBetween } from './read-beans.ts'
import { readMany, readOne, type Reading } from './read.ts'
import { echo, elementsOfBody, requestOfObject, requestOfPath, shown, type JolokiaRequest } from './request.ts'

export interface JolokiaOptions {
  readonly beans: BeanServer
  readonly policy: AccessPolicy
  readonly log: Log
  /** ms since 1970. */
  readonly now: () => number
  /** TandemMQ's own. */
  readonly version: string
  /** Is told of every write and operation that is let through, before it is done. */
  readonly record: (deed: Deed) => void
  /** Is told of what the policy or a role forbids. */
  readonly forbade: (caller: Caller, message: string) => void
}

/** One call of HTTP, after its sender is known. */
export interface JolokiaCall {
  /** Below the base path, percent-encoded as it came: `/read/…`. */
  readonly path: string
  readonly query: ReadonlyMap<string, string>
  /** Lower-case: `get`, `post`. */
  readonly method: string
  /** Of a POST; null: it is a GET. */
  readonly body: string | null
  readonly caller: Caller
  /** Why the caller may only read (management JA-07); null: it may write and execute. */
  readonly onlyReads: string | null
}

/** The line of ActiveMQ whose management this is. */
const ACTIVEMQ = '5.19.0'

/** Characters of one answer, at most: it is gathered before it is sent, because it may still fail. */
const ANSWER_MAX = 32 << 20
/** And of all that are being gathered or sent. */
const GATHERED_MAX = 96 << 20

/**
 * Jolokia 1.x over the beans of a node (management section 1). An answer comes in pieces; between two of them the caller
 * may do something else, and should: reading all of ten thousand queues is work. An empty piece is such a place only.
 */
export class Jolokia {
  readonly #options: JolokiaOptions
  #gathered = 0

  constructor(options: JolokiaOptions) {
    this.#options = options
  }

  /** The whole answer, errors included; never rejects for what a caller did. */
  async *answer(call: JolokiaCall): AsyncGenerator<string> {
    const requests: JolokiaRequest[] = []
    let bulk = false
    try {
      // One that cannot be read fails them all, so all are read before the first is answered (management JR-15).
      const parts = partsOf(call)
      bulk = parts.bulk
      for (const read of parts.readers) {
        requests.push(read())
        yield ''
      }
    } catch (thrown) {
      yield failureText(null, failureOf(thrown, this.#options.log))
      return
    }
    if (bulk) yield '['
    for (const [i, request] of requests.entries()) {
      if (i > 0) yield ','
      yield* this.#element(request, call)
    }
    if (bulk) yield ']'
  }

  async *#element(request: JolokiaRequest, call: JolokiaCall): AsyncGenerator<string> {
    let gathered = 0
    let repeated: JsonValue = echo(request, request.parameters.get('canonicalNaming') !== 'false')
    try {
      const options = processingOptions(request.parameters)
      if (!options.includeRequest) repeated = null
      this.#check(request, call.method)
      const head = `{${repeated === null ? '' : `"request":${jsonText(repeated)},`}`
      const seconds = Math.floor(this.#options.now() / 1000)
      if (request.type === 'list' && options.ifModifiedSince !== null && options.ifModifiedSince > seconds) {
        yield `${head}"status":304,"timestamp":${seconds}}`
        return
      }
      const tail = `,"timestamp":${seconds},"status":200}`
      if (request.type === 'list') {
        // Sent as it is made: nothing in it can fail any more once its first piece is there.
        let first = `${head}"value":`
        for (const piece of listValue(this.#options.beans, request.path, options)) {
          yield piece === '' ? '' : first + piece
          if (piece !== '') first = ''
        }
        yield tail
        return
      }
      const pieces: string[] = []
      for await (const piece of this.#value(request, options, call)) {
        gathered += piece.length
        this.#gathered += piece.length
        if (gathered > ANSWER_MAX || this.#gathered > GATHERED_MAX) throw tooLarge()
        pieces.push(piece)
        yield ''
      }
      yield `${head}"value":${pieces.join('')}${tail}`
    } catch (thrown) {
      const failure = failureOf(thrown, this.#options.log)
      if (failure.status === 403) this.#options.forbade(call.caller, failure.message)
      yield failureText(repeated, failure)
    } finally {
      this.#gathered -= gathered
    }
  }

  /** A member's own rule may still allow what the commands do not; that is asked when the member is known. */
  #check({ type }: JolokiaRequest, method: string): void {
    const { methods } = this.#options.policy
    if (methods !== null && !methods.has(method))
      throw forbidden(`HTTP method ${method} is not allowed according to the installed security policy`)
    if (type === 'read' || type === 'write' || type === 'exec') return
    if (!allowsCommand(this.#options.policy, type)) throw forbidden(`Command ${type} not allowed due to policy used`)
  }

  async *#value(
    request: Exclude<JolokiaRequest, { type: 'list' }>,
    options: ProcessingOptions,
    call: JolokiaCall,
  ): AsyncGenerator<string> {
    switch (request.type) {
      case 'version':
        yield jsonText(this.#version())
        break
      case 'search':
        yield* this.#search(currentName(request.name), options)
        break
      case 'read':
        if (isConcrete(request.name)) yield readOne(this.#find(request), request, this.#reading(options))
        else {
          const found = yield* gatheredBetween(this.#options.beans, currentName(request.name))
          yield* readMany(found, request, this.#reading(options))
        }
        break
      case 'write':
        yield writeAttribute(this.#find(request), request, this.#changing(options, call))
        break
      case 'exec':
        yield await execute(this.#find(request), request, this.#changing(options, call))
        break
    }
  }

  #version(): JsonValue {
    const config = [
      ['agentContext', '/api/jolokia'],
      ['canonicalNaming', 'true'],
      ['allowErrorDetails', 'false'],
      ['includeStackTrace', 'false'],
      ['mimeType', 'application/json'],
    ] as const
    return new Map<string, JsonValue>([
      ['agent', '1.7.1'],
      ['protocol', '7.2'],
      ['config', new Map(config)],
      [
        'info',
        new Map([
          ['product', 'activemq'],
          ['vendor', 'Apache'],
          ['version', ACTIVEMQ],
        ]),
      ],
      ['tandemmq', this.#options.version],
    ])
  }

  *#search(name: ObjectName, options: ProcessingOptions): Generator<string> {
    const { beans } = this.#options
    const one = isConcrete(name) ? beans.find(name) : null
    let separator = '['
    const found = isConcrete(name) ? (one === null ? [] : [one]) : yield* gatheredBetween(beans, name)
    for (const bean of found) {
      yield separator + JSON.stringify(shown(bean.name, options.canonicalNaming))
      separator = ','
    }
    yield separator === '[' ? '[]' : ']'
  }

  #reading(options: ProcessingOptions): Reading {
    const { policy, log } = this.#options
    return { options, policy, log }
  }

  #changing(options: ProcessingOptions, { caller, onlyReads }: JolokiaCall): Changing {
    const { policy, beans, record } = this.#options
    return { options, policy, caller, onlyReads, readOnly: beans.readOnly, record }
  }

  #find({ name, sent }: { readonly name: ObjectName; readonly sent: string }): Bean {
    const bean = isConcrete(name) ? this.#options.beans.find(currentName(name)) : null
    if (bean === null) throw new BeanError('javax.management.InstanceNotFoundException', sent, 404)
    return bean
  }
}

/** What will become the requests of a call, one by one. */
function partsOf({ path, query, body }: JolokiaCall): {
  readonly bulk: boolean
  readonly readers: readonly (() => JolokiaRequest)[]
} {
  // `curl -X POST …/exec/…` is widespread: without a body the path counts (management J-04).
  const byPath = body === null || (body.trim() === '' && !/^\/*$/.test(path))
  if (byPath) return { bulk: false, readers: [() => requestOfPath(path, query)] }
  const { bulk, elements } = elementsOfBody(body)
  return { bulk, readers: elements.map(element => () => requestOfObject(element, query)) }
}

const tooLarge = (): BeanError =>
  new BeanError(
    'java.lang.IllegalArgumentException',
    'The answer is too large: name the attributes that you need, or a narrower pattern',
    400,
  )
