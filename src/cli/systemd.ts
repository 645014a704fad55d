import { spawn } from 'node:child_process'

/** ms that `systemd-notify` may take. */
const notifyMsMax = 5000

/**
 * What systemd is told of this service (management D-09): `READY=1`, `STOPPING=1`, `EXTEND_TIMEOUT_USEC=…`, one after the
 * other. Without NOTIFY_SOCKET nobody listens, and nothing is done. The socket takes datagrams, which Node cannot send, so
 * systemd's own program sends them (the unit says NotifyAccess=all).
 */
export class Supervisor {
  readonly #env: Readonly<Record<string, string | undefined>>
  #sent: Promise<void> = Promise.resolve()

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#env = env
  }

  notify(...messages: readonly string[]): void {
    if ((this.#env['NOTIFY_SOCKET'] ?? '') === '') return
    this.#sent = this.#sent.then(() => this.#send(messages))
  }

  /** Resolves when it has been told everything, or could not be: a broker does not fail by that. */
  idle(): Promise<void> {
    return this.#sent
  }

  #send(messages: readonly string[]): Promise<void> {
    return new Promise(resolve => {
      const child = spawn('systemd-notify', [...messages], { env: this.#env, stdio: 'ignore', timeout: notifyMsMax })
      child.on('error', () => resolve())
      child.on('close', () => resolve())
    })
  }
}
