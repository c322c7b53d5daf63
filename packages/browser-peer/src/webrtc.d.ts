// libp2p's WebRTC as this package carries it along (scripts/build-scripts.mjs): whoever installed the
// original would get React Native with it.

import type { LinkNodeOptions } from '@murmuration/libp2p-link'

export interface WebRtcOptions {
  readonly rtcConfiguration: RTCConfiguration
  readonly dataChannel: { readonly maxMessageSize: number }
}

export function webRTC(options: WebRtcOptions): LinkNodeOptions['transports'][number]
