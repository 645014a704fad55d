import { setTimeout as delay } from 'node:timers/promises'

/**
 * Between two looks at something that is to become so, by how many there were: whoever has work goes first. Most of it is
 * there after a few turns of the event loop; what takes longer is looked at every 2 ms, because a loop without rest takes
 * the processor from the tests beside it.
 */
export async function betweenLooks(looks: number): Promise<void> {
  if (looks < 50) await new Promise(resolve => setImmediate(resolve))
  else await delay(2)
}

/** Until the clock shows this time (ms since 1970): what expires and what is delayed goes by the same one. */
export async function clockShows(time: number): Promise<void> {
  for (let left = time - Date.now(); left > 0; left = time - Date.now()) await delay(left)
}
