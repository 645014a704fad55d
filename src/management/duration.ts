/** `7.005 seconds`, `12 minutes`, `2 hours 6 minutes`, `3 days 4 hours`, as ActiveMQ prints an uptime (management AB-02). */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000
  if (seconds < 60) return `${seconds.toFixed(3)} seconds`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return counted(minutes, 'minute')
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return both(counted(hours, 'hour'), minutes % 60, 'minute')
  const days = Math.floor(hours / 24)
  return both(counted(days, 'day'), hours % 24, 'hour')
}

const counted = (count: number, unit: string): string =>
  `${count.toLocaleString('en-US')} ${unit}${count > 1 ? 's' : ''}`

const both = (first: string, count: number, unit: string): string =>
  count === 0 ? first : `${first} ${counted(count, unit)}`
