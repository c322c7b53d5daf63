// What `joinMesh` takes in a page, and what is expected of each option. How an option is checked and what is
// said when it is something else is core's, as for every other call.

import type { Preset } from '@murmuration/core'
import { limits, looksLikeInvite, optionRules as is, presets } from '@murmuration/core/internal'
import { AddressError, parseAddress } from '@murmuration/libp2p-link'

/** Options of `joinMesh` in pages. */
export interface JoinOptions {
  /**
   * An invite, or peers that are known: `ws://host:port`, `host:port` (of their WebSockets) or a multiaddr. `[]`: a new mesh, of
   * this page alone until another peer is told where it is.
   */
  entry: readonly string[]
  /** Attempts at once. Default: half the machine's cores, at least 1 and at most 4. 0: submits and keeps, runs nothing. */
  slots?: number | undefined
  /** What tasks may ask for by name, besides `kind`, which is always `browser`. */
  labels?: Readonly<Record<string, string>> | undefined
  /** Counted things that tasks may need, as in `{ gpu: 1 }`. */
  resources?: Readonly<Record<string, number>> | undefined
  /** Bytes of objects kept in memory. Default: a sixteenth of what the browser says the machine has, at most 512 MiB. */
  memoryBytes?: number | undefined
  /**
   * Bytes of objects kept in this site's storage when memory has no room for them, and for the next life of this peer;
   * 0: none. Default: a quarter of what the browser allows, at most 2 GiB, for a kept identity; else none.
   */
  spillBytes?: number | undefined
  /** `kept`: the one this tab had, else the first of this site that no other tab has. `fresh`: in memory, never seen before. Default `kept`. */
  identity?: 'kept' | 'fresh' | undefined
  /** STUN and TURN servers for WebRTC to pages on other networks. Default: none, so that nobody outside the mesh is asked. */
  iceServers?: readonly RTCIceServer[] | undefined
  /** How patient and how chatty: `lan` (default), `wan`, `room`, `test`. */
  preset?: Preset | undefined
  /** How long joining may take, in milliseconds. Default 10,000. */
  timeoutMs?: number | undefined
  signal?: AbortSignal | undefined
  /** Keeps the screen on while the page is looked at. Default false. */
  wakeLock?: boolean | undefined
  /** Lines that this page's tasks print, wherever they run: to the console, each with its peer and function (default), or nowhere. */
  taskOutput?: 'console' | 'none' | undefined
}

const rules: Readonly<Record<keyof JoinOptions, is.Rule>> = {
  entry: is.listOf("a list of addresses, as in ['ws://lab-3:9001']", is.isText),
  slots: is.whole(0, limits.slots),
  labels: is.recordOf("an object of strings, as in { zone: 'lab-3' }", is.isText),
  resources: is.resources,
  memoryBytes: is.whole(1),
  spillBytes: is.whole(0),
  identity: is.oneOf('kept', 'fresh'),
  iceServers: is.listOf("a list of servers, as in [{ urls: 'stun:lab-3:3478' }]", is.isRecord),
  preset: is.oneOf(...Object.keys(presets)),
  timeoutMs: is.whole(1, 2 ** 31 - 1),
  signal: is.signal,
  wakeLock: is.flag,
  taskOutput: is.oneOf('console', 'none'),
}

/** Throws MeshError INVALID_OPTION. */
export function checkJoinOptions(options: unknown): asserts options is JoinOptions {
  is.checkOptions('joinMesh', options, rules)
  const { entry, labels = {}, resources = {} } = (options ?? {}) as Partial<JoinOptions>
  if (entry === undefined)
    throw is.invalid('joinMesh: a page must be told whom to join: give entry, as in { entry: ["ws://lab-3:9001"] }')
  for (const address of entry) if (!looksLikeInvite(address)) checkAddress(address)
  const length = JSON.stringify([labels, resources]).length
  if (length <= limits.labelsLength) return
  const most = `at most ${limits.labelsLength} travel with every list of peers`
  throw is.invalid(`joinMesh: labels and resources are ${length} characters together; ${most}: shorten them`)
}

function checkAddress(address: string): void {
  try {
    parseAddress(address, 'ws')
  } catch (error) {
    if (error instanceof AddressError) throw is.invalid(`joinMesh: entry: ${error.message}`)
    throw error
  }
}
