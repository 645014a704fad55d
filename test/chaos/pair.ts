/**
 * Two nodes as users run them: two processes, two data directories, two XML files, and a line between them that can fail.
 *
 *   clients ─► node one ◄── proxy ◄── node two (dials)          each node: start · kill · stop · pause · resume · until(state)
 *
 * Read: templates (the XML files) · proxy (the line) · node (one process after the other) · below, the site.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../bench/ports.ts'
import { tandem } from '../cli/terminal.ts'
import { PairNode } from './node.ts'
import { Proxy } from './proxy.ts'
import type { NodeXml } from './templates.ts'

export interface PairOptions {
  /** For both nodes. */
  readonly xml?: Partial<NodeXml>
  readonly first?: Partial<NodeXml>
  readonly second?: Partial<NodeXml>
  /** -D properties for both nodes. */
  readonly properties?: Readonly<Record<string, string | number>>
  /** The second node dials the first through `site.link`. */
  readonly proxied?: boolean
  /** The command of another build than this one. */
  readonly program?: string
  /** Both nodes within this process, for tests that kill and stop none. */
  readonly inside?: boolean
}

export class PairSite {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'tandemmq-pair-'))
  readonly one: PairNode
  readonly two: PairNode
  /** Between the nodes, when the site was made with `proxied`. */
  readonly link: Proxy | null

  private constructor(options: PairOptions, ports: readonly number[], link: Proxy | null) {
    const [port = 0, http = 0, secondPort = 0, secondHttp = 0] = ports
    const { xml, properties = {}, program, inside = false } = options
    const shared = { properties, inside, ...(program === undefined ? {} : { program }) }
    const first = { brokerName: 'one', port, ...xml, ...options.first }
    const second = { brokerName: 'two', port: secondPort, activePort: link?.port ?? port, ...xml, ...options.second }
    // Else the second node would learn the way past the proxy.
    const announced = link === null ? {} : { 'tandemmq.pair.announce': `tcp://127.0.0.1:${link.port}` }
    const directory = join(this.directory, 'one')
    this.one = new PairNode({ directory, xml: first, http, ...shared, properties: { ...properties, ...announced } })
    this.two = new PairNode({ directory: join(this.directory, 'two'), xml: second, http: secondHttp, ...shared })
    this.link = link
  }

  static async create(options: PairOptions = {}): Promise<PairSite> {
    const ports: number[] = []
    while (ports.length < 4) {
      const port = await freePort()
      if (!ports.includes(port)) ports.push(port)
    }
    const link = options.proxied === true ? await Proxy.open(ports[0]!) : null
    return new PairSite(options, ports, link)
  }

  /** Both nodes started, the second in sync with the first. */
  static async paired(options: PairOptions = {}): Promise<PairSite> {
    const site = await PairSite.create(options)
    try {
      site.one.start()
      await site.one.serves()
      site.two.start()
      await site.inSync(site.one)
      return site
    } catch (error) {
      await site.end()
      throw error
    }
  }

  get nodes(): readonly [PairNode, PairNode] {
    return [this.one, this.two]
  }

  /** STOMP ports in the order in which a failover client tries them. */
  get ports(): readonly number[] {
    return this.nodes.map(node => node.port)
  }

  other(node: PairNode): PairNode {
    return node === this.one ? this.two : this.one
  }

  /** Waits until `active` leads and the other one follows it, in sync. */
  async inSync(active: PairNode): Promise<void> {
    await this.#explained(async () => {
      await active.until('PAIRED')
      await this.other(active).until('IN_SYNC')
    })
  }

  /** Waits until one of them, whichever, leads and the other follows it, in sync; answers the active. */
  async settled(): Promise<PairNode> {
    const led = async (active: PairNode): Promise<PairNode> => {
      await active.until('PAIRED')
      await this.other(active).until('IN_SYNC')
      return active
    }
    return this.#explained(() => Promise.any(this.nodes.map(led)))
  }

  /** Waits until either node is active; answers it. */
  async active(): Promise<PairNode> {
    return this.#explained(() => Promise.any(this.nodes.map(node => node.serves().then(() => node))))
  }

  /**
   * `tandemmq pair verify` over both stores, which must be closed: what they have in common is the same, byte for byte.
   * Throws with what it said.
   */
  async verify(): Promise<void> {
    const { code, out, err } = await tandem(['pair', 'verify', ...this.nodes.map(node => node.data)], '/')
    if (code !== 0) throw new Error(`pair verify: exit code ${code}\n${out}${err}`)
  }

  /** Kills both, and verifies their stores. */
  async killAndVerify(): Promise<void> {
    await Promise.all(this.nodes.map(node => node.kill()))
    await this.verify()
  }

  async end(): Promise<void> {
    await Promise.all(this.nodes.map(node => node.kill()))
    await this.link?.close()
    rmSync(this.directory, { recursive: true, force: true })
  }

  /** The logs of both nodes, the last lines of each. */
  logs(): string {
    return this.nodes.map(node => `--- ${node.name}\n${node.log.split('\n').slice(-40).join('\n')}`).join('\n')
  }

  async #explained<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${this.logs()}`, { cause: error })
    }
  }
}
