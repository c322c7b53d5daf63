// A trace as a picture that any browser shows: a band per peer, a row per worker, a bar per attempt; arrows where an
// attempt was made in the place of one that was lost or given back, a line where a peer died. For a look without a viewer: whoever
// wants to zoom opens the trace itself.

interface TraceEvent {
  readonly ph: string
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly ts?: number
  readonly dur?: number
  readonly id?: number
  readonly args?: Readonly<Record<string, string | number>>
}

const width = 1_600
const left = 180
const rowHeight = 16
const gap = 10
const top = 34

const fills: Readonly<Record<string, string>> = {
  ran: '#4f8a8b',
  threw: '#d98e04',
  crashed: '#b3261e',
  lost: '#b3261e',
  stopped: '#8a8a8a',
  'gave-back': '#8a8a8a',
  running: '#7aa6d8',
}

interface Plan {
  readonly x: (ts: number) => number
  /** Upper edge of a worker's row. */
  readonly y: (event: Pick<TraceEvent, 'pid' | 'tid'>) => number
  readonly rows: readonly { readonly y: number; readonly label: string; readonly isPeer: boolean }[]
  readonly height: number
  /** When the picture begins, and how long it is. */
  readonly first: number
  readonly seconds: number
}

export function pictureOf(events: readonly TraceEvent[]): string {
  const plan = planOf(events)
  const { height, rows, first, seconds, x } = plan
  const ticks = Array.from({ length: 11 }, (_, i) => (seconds * i) / 10)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="ui-sans-serif, sans-serif" font-size="11">`,
    '<defs><marker id="tip" markerWidth="7" markerHeight="7" refX="6" refY="3" orient="auto"><path d="M0,0 L6,3 L0,6 z" fill="#222"/></marker></defs>',
    `<rect width="${width}" height="${height}" fill="#fdfcf8"/>`,
    ...ticks.map((at) => tick(x(first + at * 1e6), at, height)),
    ...rows.map(({ y, label, isPeer }) => rowLabel(y, label, isPeer)),
    ...of(events, 'X').map((event) => bar(event, plan)),
    ...arrows(events, plan),
    ...of(events, 'i')
      .filter(({ ts = 0 }) => ts >= first)
      .flatMap((event, nth) => mark(event, plan, nth)),
    '</svg>\n',
  ].join('\n')
}

function of(events: readonly TraceEvent[], ph: string): TraceEvent[] {
  return events.filter((event) => event.ph === ph)
}

function planOf(events: readonly TraceEvent[]): Plan {
  const named = (name: string): TraceEvent[] => of(events, 'M').filter((event) => event.name === name)
  const ends = events.map(({ ts = 0, dur = 0 }) => ts + dur)
  const last = Math.max(1, ...ends)
  // Peers are there long before there is something to do.
  const first = Math.min(last - 1, ...of(events, 'X').map(({ ts = 0 }) => ts))
  const places = new Map<string, number>()
  const rows: { y: number; label: string; isPeer: boolean }[] = []
  let y = top
  for (const { pid, args } of named('process_name')) {
    rows.push({ y, label: String(args?.['name']), isPeer: true })
    places.set(`${pid} 0`, y)
    const workers = named('thread_name').filter((event) => event.pid === pid)
    for (const { tid, args: worker } of workers.sort((a, b) => a.tid - b.tid)) {
      places.set(`${pid} ${tid}`, y)
      const label = String(worker?.['name'])
      if (tid > 1 && rows.at(-1)?.label !== label) rows.push({ y, label, isPeer: false })
      y += rowHeight
    }
    y += gap + (workers.length === 0 ? rowHeight : 0)
  }
  return {
    x: (ts) => left + ((ts - first) / (last - first)) * (width - left - 20),
    y: ({ pid, tid }) => places.get(`${pid} ${tid}`) ?? places.get(`${pid} 0`) ?? top,
    rows,
    height: y + 20,
    first,
    seconds: (last - first) / 1e6,
  }
}

function tick(x: number, seconds: number, height: number): string {
  const at = x.toFixed(1)
  return `<path d="M${at},24 V${height}" stroke="#e5e1d8"/><text x="${at}" y="18" fill="#777" text-anchor="middle">${seconds.toFixed(2)} s</text>`
}

function rowLabel(y: number, label: string, isPeer: boolean): string {
  const weight = isPeer ? ' font-weight="600"' : ' fill="#888"'
  return `<text x="${isPeer ? 10 : 110}" y="${y + 12}"${weight}>${escaped(label)}</text>`
}

function bar(event: TraceEvent, { x, y }: Plan): string {
  const { ts = 0, dur = 0, args } = event
  const from = x(ts)
  const wide = Math.max(1, x(ts + dur) - from - 0.5)
  const fill = fills[String(args?.['end'])] ?? '#4f8a8b'
  const again = Number(args?.['attempt']) > 1 ? ' stroke="#222" stroke-width="0.8"' : ''
  const told = [event.name, args?.['note']].filter((text) => text !== undefined).join(': ')
  return `<rect x="${from.toFixed(1)}" y="${y(event) + 1}" width="${wide.toFixed(1)}" height="${rowHeight - 3}" rx="2" fill="${fill}"${again}><title>${escaped(told)}</title></rect>`
}

function arrows(events: readonly TraceEvent[], { x, y }: Plan): string[] {
  const ends = new Map(of(events, 'f').map((event) => [event.id, event]))
  return of(events, 's').flatMap((start) => {
    const end = ends.get(start.id)
    if (!end) return []
    const from = [x(start.ts ?? 0), y(start) + rowHeight / 2] as const
    const to = [x(end.ts ?? 0), y(end) + rowHeight / 2] as const
    const bend = (from[0] + to[0]) / 2 + 12
    const dash = start.name === 'move' ? ' stroke-dasharray="3 2"' : ''
    const path = `M${from[0].toFixed(1)},${from[1]} C${bend.toFixed(1)},${from[1]} ${(to[0] - 16).toFixed(1)},${to[1]} ${to[0].toFixed(1)},${to[1]}`
    return [`<path d="${path}" fill="none" stroke="#222" stroke-width="0.9"${dash} marker-end="url(#tip)"/>`]
  })
}

/** Names of those that died soon after each other stand one above the other. */
function mark(event: TraceEvent, { x, y, height }: Plan, nth: number): string[] {
  const at = x(event.ts ?? 0).toFixed(1)
  const row = y(event)
  if (event.name.endsWith(' died')) {
    const text = `<text x="${Number(at) + 4}" y="${height - 6 - 11 * (nth % 2)}" fill="#b3261e">${escaped(event.name)}</text>`
    return [`<path d="M${at},24 V${height}" stroke="#b3261e" stroke-dasharray="5 3"/>${text}`]
  }
  return [`<circle cx="${at}" cy="${row - 3}" r="2.5" fill="#999"><title>${escaped(event.name)}</title></circle>`]
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
