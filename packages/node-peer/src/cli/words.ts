// Numbers for people: durations, sizes, addresses and ids, short enough for a column.

export function duration(ms: number): string {
  const s = ms / 1_000
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (s < 10) return `${s.toFixed(1)} s`
  if (s < 120) return `${Math.round(s)} s`
  if (s < 7_200) return `${Math.round(s / 60)} min`
  if (s < 172_800) return `${Math.round(s / 3_600)} h`
  return `${Math.round(s / 86_400)} days`
}

export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = count
  let unit = 0
  for (; value >= 1_024 && unit < units.length - 1; unit++) value /= 1_024
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** `host:port` or `ws://host:port`, as people type it; other multiaddrs as they are. */
export function shortAddress(address: string): string {
  const match = /^\/(?:ip4|ip6|dns[46]?)\/([^/]+)\/tcp\/(\d+)(\/tls)?(\/ws)?(?:\/p2p\/\w+)?$/.exec(address)
  if (!match) return address
  const [, host = '', port = '', tls, ws] = match
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`
  if (ws === undefined) return place
  return `${tls === undefined ? 'ws' : 'wss'}://${place}`
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** As much of every id as tells them apart, at least `least` letters. */
export function shortIds(ids: readonly string[], least = 12): (id: string) => string {
  let length = least
  const all = [...new Set(ids)]
  while (new Set(all.map((id) => id.slice(0, length))).size < all.length) length++
  return (id) => id.slice(0, length)
}
