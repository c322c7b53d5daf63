// A peer's numbers as OpenMetrics text (openmetrics.io, version 1.0.0), which Prometheus and most monitoring
// systems read. Written by hand: the libraries for it bring a registry of their own, which would be a second place
// where the numbers are kept, and those known for it run in Node only.

import type { InspectRow } from './model/messages.ts'

const prefix = 'murmuration_'

interface Family {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Its number as the peer calls it; with a `label`, a group of them. */
  readonly of: string
  readonly label?: string
  readonly unit?: 'bytes' | 'seconds'
}

/** Units are in the names, as the format asks for. */
const families: Readonly<Record<string, Family>> = {
  tasks_asked: { type: 'counter', of: 'submitted', help: 'Tasks that this peer was asked for.' },
  tasks_settled: { type: 'counter', of: 'settled', help: 'Tasks of this peer that ended, however.' },
  tasks_failed: { type: 'counter', of: 'failed', help: 'Tasks of this peer that ended without a value.' },
  attempts_given: { type: 'counter', of: 'executions', help: 'Attempts that this peer gave out, to itself too.' },
  attempts_retried: { type: 'counter', of: 'retried', help: 'Attempts that cost one of the retries of a task.' },
  attempts: { type: 'counter', of: 'ends', label: 'end', help: 'Attempts that ended on this peer, by how.' },
  objects_rebuilt: { type: 'counter', of: 'rebuilt', help: 'Objects that were made again from their lineage.' },
  objects_copied: { type: 'counter', of: 'copied', help: 'Copies made at other peers of objects of this one.' },
  objects_spilled: { type: 'counter', of: 'spilled', help: 'Objects that went from memory to disk.' },
  objects_dropped: { type: 'counter', of: 'dropped', help: 'Copies let go of for want of room.' },
  peers_died: { type: 'counter', of: 'peersDied', help: 'Peers whose death this one has noticed.' },
  messages_forbidden: { type: 'counter', of: 'forbidden', help: "Messages not their sender's to send, by its role." },
  messages_strayed: {
    type: 'counter',
    of: 'strayed',
    help: "Messages about work that is not their sender's any more.",
  },
  frames_violated: { type: 'counter', of: 'violations', help: 'Frames that were none.' },
  tasks: { type: 'gauge', of: 'tasks', label: 'state', help: 'Tasks of this peer that have not ended, by state.' },
  attempts_here: { type: 'gauge', of: 'attempts', label: 'state', help: 'Attempts on this peer, by state.' },
  slots: { type: 'gauge', of: 'slots', help: 'Attempts that this peer runs at once.' },
  objects_owned: { type: 'gauge', of: 'owned', help: 'Objects that this peer answers for.' },
  objects_held: { type: 'gauge', of: 'held', help: 'Objects whose bytes are here.' },
  objects_kept_for_others: { type: 'gauge', of: 'keptForOthers', help: 'Of those, what other peers count on.' },
  objects_memory_bytes: { type: 'gauge', of: 'memoryBytes', unit: 'bytes', help: 'Bytes of objects in memory.' },
  objects_disk_bytes: { type: 'gauge', of: 'diskBytes', unit: 'bytes', help: 'Bytes of objects on disk.' },
  peers: { type: 'gauge', of: 'peers', label: 'state', help: 'Peers that this one knows of, by state.' },
  links: { type: 'gauge', of: 'links', help: 'Links that stand.' },
  bundles: { type: 'gauge', of: 'bundles', help: 'Bundles of code here.' },
  story_rows: { type: 'gauge', of: 'storyRows', help: 'Rows kept for story and timeline.' },
  awareness: { type: 'gauge', of: 'awareness', help: 'How much this peer distrusts its own verdicts; 0 is well.' },
  attempt_run_seconds: { type: 'histogram', of: 'runs', unit: 'seconds', help: 'How long attempts ran on this peer.' },
  task_settle_seconds: {
    type: 'histogram',
    of: 'settles',
    unit: 'seconds',
    help: 'From when a task of this peer was asked for to its end.',
  },
}

export interface MetricsPeer {
  readonly id: string
  readonly name: string
  readonly kind: string
}

/** What an older peer does not measure is left out. */
export function openMetrics(row: InspectRow, { id, name, kind }: MetricsPeer): string {
  const lines = [
    `# TYPE ${prefix}peer info`,
    `# HELP ${prefix}peer Which peer this is.`,
    sample(`${prefix}peer_info`, { peer: id, name, kind }, 1),
    ...Object.entries(families).flatMap(([family, told]) => linesOf(prefix + family, told, row)),
  ]
  return `${lines.join('\n')}\n# EOF\n`
}

function linesOf(full: string, { type, help, of, label, unit }: Family, row: InspectRow): string[] {
  const group = Object.entries(row).filter(([key]) => key.startsWith(`${of}.`))
  const members = group.map(([key, value]): [string, number] => [key.slice(of.length + 1), Number(value)])
  const suffix = type === 'counter' ? '_total' : ''
  const samples =
    type === 'histogram'
      ? bucketLines(full, members)
      : label === undefined
        ? row[of] === undefined
          ? []
          : [sample(full + suffix, {}, Number(row[of]))]
        : members.map(([member, value]) => sample(full + suffix, { [label]: member }, value))
  if (samples.length === 0) return []
  const head = [
    `# TYPE ${full} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${full} ${unit}`]),
    `# HELP ${full} ${help}`,
  ]
  return [...head, ...samples]
}

function bucketLines(full: string, members: readonly (readonly [string, number])[]): string[] {
  const { sum = 0, count = 0, ...rest } = Object.fromEntries(members)
  const bounds = Object.entries(rest).map(([key, value]) => [Number(key.slice('le'.length)), value] as const)
  return [
    ...bounds.sort(([a], [b]) => a - b).map(([le, value]) => sample(`${full}_bucket`, { le: String(le) }, value)),
    sample(`${full}_bucket`, { le: '+Inf' }, count),
    sample(`${full}_sum`, {}, sum),
    sample(`${full}_count`, {}, count),
  ]
}

function sample(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const parts = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`)
  return `${name}${parts.length > 0 ? `{${parts.join(',')}}` : ''} ${value}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}
