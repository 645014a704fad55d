import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** Is an address one of those that are listed as `address`, `address/bits`, `address/mask` or `localhost`? */
export function hostAllowed(hosts: readonly string[], address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  const list = new BlockList()
  for (const host of hosts) add(list, host)
  return isIPv6(plain) ? list.check(plain, 'ipv6') : isIPv4(plain) && list.check(plain, 'ipv4')
}

function add(list: BlockList, host: string): void {
  if (host === 'localhost') {
    list.addSubnet('127.0.0.0', 8, 'ipv4')
    list.addAddress('::1', 'ipv6')
    return
  }
  const [address = '', size] = host.split('/')
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  if (!isIPv6(address) && !isIPv4(address)) return
  if (size === undefined) list.addAddress(address, family)
  else list.addSubnet(address, isIPv4(size) ? bitsOf(size) : Number(size), family)
}

/** `255.255.0.0` is 16. */
const bitsOf = (mask: string): number =>
  mask.split('.').reduce((bits, byte) => bits + Number(byte).toString(2).replaceAll('0', '').length, 0)
