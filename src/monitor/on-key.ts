import { keyFor, type Key } from './keys.ts'
import { logged, type Model, type Step } from './model.ts'
import { obey } from './obey.ts'
import { onOverlayKey } from './on-overlay.ts'

/** A key was pressed. What lies uppermost takes it; Ctrl-C always quits. */
export function onKey(model: Model, name: string): Step {
  if (name === 'C-c') return [model, [{ type: 'quit' }]]
  const overlay = model.overlays.at(-1)
  if (overlay !== undefined) return onOverlayKey(model, overlay, name)
  const key = keyFor(name, model.extras)
  if (key === null) return [model, []]
  return key.changes && model.readOnly ? refused(model, key) : obey(model, key.command)
}

const refused = (model: Model, key: Key): Step => [
  logged(model, 'warn', `${key.shown} changes something; this dashboard was started with --read-only`),
  [],
]
