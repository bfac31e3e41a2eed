import { BlockList, isIP } from 'node:net'

/** Whether an address lies in one of the ranges; without ranges every address may call. */
export function openAllowedAddresses(ranges: readonly string[]): (address: string) => boolean {
  if (ranges.length === 0) return () => true
  const allowed = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) allowed.addAddress(address, family)
    else allowed.addSubnet(address, Number(bits), family)
  }
  return (address) => {
    const plain = unmapped(address)
    const family = isIP(plain)
    return family !== 0 && allowed.check(plain, family === 6 ? 'ipv6' : 'ipv4')
  }
}

/** A socket of both families shows IPv4 as `::ffff:10.0.0.7`. */
function unmapped(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}
