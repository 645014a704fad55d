import { spawn } from 'node:child_process'

/** ms that `systemd-notify` may take. */
const notifyMsMax = 5000

/**
 * Tells systemd something about this service (management D-09): `READY=1`, `STOPPING=1`, `EXTEND_TIMEOUT_USEC=…`. Without
 * NOTIFY_SOCKET nobody listens, and nothing is done. The socket takes datagrams, which Node cannot send, so systemd's own
 * program sends them (the unit says NotifyAccess=all). Resolves when it has, or could not; a broker does not fail by it.
 */
export function notifySystemd(
  env: Readonly<Record<string, string | undefined>>,
  ...messages: readonly string[]
): Promise<void> {
  if ((env['NOTIFY_SOCKET'] ?? '') === '') return Promise.resolve()
  return new Promise(resolve => {
    const child = spawn('systemd-notify', [...messages], { env, stdio: 'ignore', timeout: notifyMsMax })
    child.on('error', () => resolve())
    child.on('close', () => resolve())
  })
}
