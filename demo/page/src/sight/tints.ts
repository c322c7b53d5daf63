// A colour for every peer, the same on every page that looks at the mesh: chosen by its id, moved on where another
// one has it already. Only hues are decided here; how light and how strong they are, the style sheet says.

const hues = [38, 205, 142, 320, 265, 88, 178, 350, 232, 115, 60, 292] as const

export function tintsOf(ids: readonly string[]): ReadonlyMap<string, number> {
  const taken = new Set<number>()
  const tints = new Map<string, number>()
  for (const id of [...ids].sort()) {
    let at = hash(id) % hues.length
    // More peers than hues: then two of them look alike.
    for (let tries = 0; taken.has(at) && tries < hues.length; tries++) at = (at + 5) % hues.length
    taken.add(at)
    if (taken.size === hues.length) taken.clear()
    tints.set(id, hues[at]!)
  }
  return tints
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  return value >>> 0
}
