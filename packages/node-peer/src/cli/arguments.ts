// Options' texts as values. Each says what was expected when it is something else; commander puts the
// option's name and the text before it.

import { InvalidArgumentError } from 'commander'
import { AddressError, parseAddress } from '@murmuration/libp2p-link'

export interface Common {
  readonly entry?: readonly string[] | undefined
  readonly home?: string | undefined
  readonly json?: boolean | undefined
}

function whole(text: string, least: number, most: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`)
}

export const port = (text: string): number => whole(text, 0, 65_535)
export const slots = (text: string): number => whole(text, 0, 4_096)
export const limit = (text: string): number => whole(text, 1, 10_000)
export const seconds = (text: string): number => whole(text, 0, 86_400)
export const megabytes = (text: string): number => whole(text, 1, 1_048_576)
export const megabytesOrNone = (text: string): number => whole(text, 0, 1_048_576)

export function host(text: string): string {
  if (/^[\w.:-]+$/.test(text) && !/:\d+$/.test(text.replace(/^[^:]*:[^:]*:.*$/, ''))) return text
  throw new InvalidArgumentError('Expected a name or an IP address without a port, as in 0.0.0.0; the port is --port.')
}

export function directory(text: string): string {
  if (text !== '') return text
  throw new InvalidArgumentError('Expected a directory.')
}

/** Several in one, separated by commas or by blanks, or the option again. */
export function addresses(text: string, before: readonly string[] = []): string[] {
  const given = text.split(',').map((address) => address.trim())
  for (const address of given) {
    try {
      parseAddress(address)
    } catch (error) {
      if (error instanceof AddressError) throw new InvalidArgumentError(error.message)
      throw error
    }
  }
  return [...before, ...given]
}

export function labels(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const match = /^([^=\s]+)=(\S+)$/.exec(text)
  if (match) return { ...before, [String(match[1])]: String(match[2]) }
  throw new InvalidArgumentError('Expected name=value without blanks, as in zone=lab-3.')
}
