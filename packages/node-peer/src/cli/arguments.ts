// Options' texts as values. Each says what was expected when it is something else; commander puts the
// option's name and the text before it.

import { InvalidArgumentError } from 'commander'
import { parse } from 'ms'
import { looksLikeInvite } from '@murmuration/core/internal'
import { AddressError, parseAddress } from '@murmuration/libp2p-link'

export interface Common {
  readonly entry?: readonly string[] | undefined
  /** A link, as it was typed. */
  readonly invite?: string | undefined
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
export function entries(text: string, before: readonly string[] = []): string[] {
  // What is wrong with an invite is said where it is used, without repeating what is secret.
  if (looksLikeInvite(text)) return [...before, text]
  const given = text.split(',').map((address) => address.trim())
  for (const one of given) if (!looksLikeInvite(one)) multiaddrOf(one)
  return [...before, ...given]
}

/** The same, without invites, as multiaddrs. */
export function multiaddrs(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(',').map(multiaddrOf)]
}

function multiaddrOf(address: string): string {
  try {
    return parseAddress(address).toString()
  } catch (error) {
    if (error instanceof AddressError) throw new InvalidArgumentError(error.message)
    throw error
  }
}

/** What was typed for `--entry` and `--invite`; undefined: neither. */
export function entriesIn({ entry, invite }: Pick<Common, 'entry' | 'invite'>): readonly string[] | undefined {
  return invite === undefined ? entry : [...(entry ?? []), invite]
}

/** A link, or the token alone; anything else says so when it is used. */
export function invite(text: string): string {
  return looksLikeInvite(text) ? text : `#${text}`
}

const mostMs = 366 * 86_400_000

/** Milliseconds. */
export function duration(text: string): number {
  // Without a unit they would be milliseconds.
  const found = /[a-z]\s*$/i.test(text) ? parse(text.trim()) : Number.NaN
  if (found >= 1_000 && found <= mostMs) return Math.round(found)
  throw new InvalidArgumentError(
    'Expected a number with its unit, as in 30m, 2h or 7d: a second at least, a year at most.',
  )
}

export function page(text: string): string {
  if (/^https?:/i.test(text) && URL.canParse(text)) return text
  throw new InvalidArgumentError('Expected the address of the join page, as in http://127.0.0.1:8080/.')
}

export function labels(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const match = /^([^=\s]+)=(\S+)$/.exec(text)
  if (match) return { ...before, [String(match[1])]: String(match[2]) }
  throw new InvalidArgumentError('Expected name=value without blanks, as in zone=lab-3.')
}
