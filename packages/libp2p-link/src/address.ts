// How people write addresses and how libp2p does: `host:port`, `ws://host:port` or a multiaddr.

import type { Multiaddr } from '@multiformats/multiaddr'
import { isIPv4, isIPv6 } from '@chainsafe/is-ip'
import { multiaddr } from '@multiformats/multiaddr'

/** The text is no address. */
export class AddressError extends Error {
  override readonly name = 'AddressError'
  readonly address: string

  constructor(address: string, because: string) {
    super(
      `${JSON.stringify(address)} is no address: ${because}. ` +
        'Write host:port (lab-3:9000), ws://host:port, or a multiaddr (/ip4/10.0.0.3/tcp/9000, with or without /p2p/ID).',
    )
    this.address = address
  }
}

/** What a host and a port speak when nothing else is said: TCP in Node; pages have WebSockets only. */
export type BareProtocol = 'tcp' | 'ws'

/** Throws AddressError. */
export function parseAddress(address: string, bare: BareProtocol = 'tcp'): Multiaddr {
  const text = address.trim()
  if (text.startsWith('/')) return parseMultiaddr(address, text)
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) return parseUrl(address, `${bare}://${text}`, bare)
  if (scheme === 'ws') return parseUrl(address, text, 'ws')
  if (scheme === 'wss') return parseUrl(address, text, 'tls/ws')
  throw new AddressError(address, `${scheme}:// is not spoken here`)
}

function parseMultiaddr(address: string, text: string): Multiaddr {
  try {
    return multiaddr(text)
  } catch (error) {
    throw new AddressError(address, error instanceof Error ? error.message : 'it does not parse')
  }
}

function parseUrl(address: string, text: string, protocol: 'tcp' | 'ws' | 'tls/ws'): Multiaddr {
  const match = /^[a-z]+:\/\/(?:\[([^\]]+)\]|([^:/?#[\]@\s]+)):(\d{1,5})\/?$/i.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined) throw new AddressError(address, 'a host and a port are needed')
  if (port < 1 || port > 65_535) throw new AddressError(address, `${port} is no port (1 to 65535)`)
  return parseMultiaddr(address, `/${hostPart(host)}/tcp/${port}${protocol === 'tcp' ? '' : `/${protocol}`}`)
}

/** `ip4/…`, `ip6/…` or `dns/…`. */
export function hostPart(host: string): string {
  if (isIPv4(host)) return `ip4/${host}`
  return isIPv6(host) ? `ip6/${host}` : `dns/${host}`
}

/** It names the machine that it is read on, whichever that is. Of an address through a relay: the relay's. */
export function isLoopback(address: Multiaddr): boolean {
  const [first] = address.getComponents()
  const host = first?.value ?? ''
  if (first?.name === 'ip4') return host.startsWith('127.')
  if (first?.name === 'ip6') return host === '::1'
  return isLocalName(host)
}

/** A name that leads to the machine itself wherever it is asked for. */
export function isLocalName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost')
}
