// Bytes as text that survives URLs (RFC 4648, 5), without padding. For tokens: a few hundred bytes.

export function toBase64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Null for whatever is none. */
export function fromBase64Url(text: string): Uint8Array | null {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return null
  const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))
  // One way to write each: the last letter has bits that count for nothing.
  return toBase64Url(bytes) === text ? bytes : null
}
