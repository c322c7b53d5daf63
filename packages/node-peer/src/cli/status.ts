// `murmur status`: one row per peer, with its load; for the dead, when they died and how that was found
// out. Peers that left, and those that only look, are counted unless they are asked for.

import type { PeerInfo } from '@murmuration/core/internal'
import type { Common } from './arguments.ts'
import { footnote, isObserver, observe } from './observer.ts'
import { coloured, colours, print, printJson, table } from './table.ts'
import { duration, plural } from './words.ts'

export async function status({ all = false, ...common }: Common & { all?: boolean }): Promise<number> {
  const { members, silent } = await observe(common, (observer) => observer.members())
  const shown = members.filter((info) => all || isShown(info))
  if (common.json === true) {
    printJson({ peers: shown.map(withoutSelf), unanswered: silent })
    return 0
  }
  print(summary(members))
  print('')
  print(table(['PEER', 'STATE', 'SINCE', 'SLOTS BUSY', 'QUEUED', ''], shown.map(row), ['SLOTS BUSY', 'QUEUED']))
  const left = members.filter((info) => info.state === 'left' && !isObserver(info) && info.kind !== 'unknown')
  if (!all && left.length > 0) print(colours.dim(`\n${plural(left.length, 'peer')} left (--all shows them)`))
  if (silent.length > 0) print(footnote(silent))
  return 0
}

/** What `status` and `list peers` show without --all. */
export function isShown(info: PeerInfo): boolean {
  return info.state !== 'left' && !isObserver(info)
}

/** Each row was told by somebody about itself or another; the peer that looks is none of them. */
export function withoutSelf(info: PeerInfo): Omit<PeerInfo, 'isSelf'> {
  const { isSelf: _isSelf, ...rest } = info
  return rest
}

function summary(members: readonly PeerInfo[]): string {
  const here = members.filter((info) => isShown(info) && info.state !== 'dead')
  const slots = here.reduce((sum, info) => sum + info.slots, 0)
  const busy = here.reduce((sum, info) => sum + busySlots(info), 0)
  const dead = members.filter(({ state }) => state === 'dead').length
  const said = `${plural(here.length, 'peer')}, ${busy} of ${plural(slots, 'slot')} busy`
  return dead === 0 ? said : `${said}, ${dead} dead`
}

function busySlots({ slots, free }: PeerInfo): number {
  return free === null ? 0 : Math.max(0, slots - free)
}

function row(info: PeerInfo): string[] {
  const { name, state, slots, queued, sinceMs, how } = info
  if (state === 'dead' || state === 'left') return [name, coloured(state), `${duration(sinceMs)} ago`, '', '', how]
  const load = [`${busySlots(info)} of ${slots}`, queued === null ? '?' : String(queued)]
  return [name, coloured(state), duration(sinceMs), ...load, '']
}
