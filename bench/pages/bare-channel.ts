// A WebRTC channel between two pages and nothing on top of it, for the limit: one sends a message of ten bytes, the
// other sends it back. Who carries the descriptions from one to the other is the caller's affair.

import { keepInFlight } from '../throughput.ts'

let connection: RTCPeerConnection
let channel: RTCDataChannel

/** On the side that asks: the description to be answered. */
export async function offerChannel(): Promise<string> {
  connection = new RTCPeerConnection({ iceServers: [] })
  channel = connection.createDataChannel('trips')
  channel.binaryType = 'arraybuffer'
  return described(await connection.createOffer())
}

/** On the side that answers: its description; it sends back whatever comes. */
export async function answerChannel(offer: string): Promise<string> {
  connection = new RTCPeerConnection({ iceServers: [] })
  connection.addEventListener('datachannel', ({ channel: theirs }) => {
    theirs.binaryType = 'arraybuffer'
    theirs.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => theirs.send(data))
  })
  await connection.setRemoteDescription(JSON.parse(offer) as RTCSessionDescriptionInit)
  return described(await connection.createAnswer())
}

/** On the side that asks: round trips per second, one at a time. */
export async function tripsPerSecond(answer: string): Promise<number> {
  const opened = new Promise((resolve) => channel.addEventListener('open', resolve))
  await connection.setRemoteDescription(JSON.parse(answer) as RTCSessionDescriptionInit)
  await opened
  const bytes = new Uint8Array(10)
  let back = (): void => {}
  channel.addEventListener('message', () => back())
  return keepInFlight(1, (done) => {
    back = done
    channel.send(bytes)
  })
}

/** With all addresses in it: nothing is told afterwards. */
async function described(description: RTCSessionDescriptionInit): Promise<string> {
  const gathered = new Promise<void>((resolve) =>
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'complete') resolve()
    }),
  )
  await connection.setLocalDescription(description)
  await gathered
  return JSON.stringify(connection.localDescription)
}
