// The work under churn, and its right answers: plain functions, so what peers make of them is compared with what they
// give here. Everything in a function must stand in it: peers are sent nothing else.

/** Takes its time without using much of a processor's, so that at any moment each peer is at something. */
export async function mixed(n: number, waitMs: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, waitMs))
  let hash = n
  for (let i = 0; i < 50_000; i++) hash = Math.imul(hash ^ i, 2_654_435_761) >>> 0
  return hash
}

export function added(...values: number[]): number {
  return values.reduce((sum, value) => (sum + value) >>> 0, 0)
}

/** More than rides along in an outcome: whoever made it keeps it, and somebody else a copy. */
export function drawn(n: number): Uint8Array {
  const bytes = new Uint8Array(100_000)
  let state = n
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

export function digest(bytes: Uint8Array): number {
  let hash = 0
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 16_777_619) >>> 0
  return hash
}
