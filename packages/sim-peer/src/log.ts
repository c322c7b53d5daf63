// One turn of one peer in a line, for the story of a failing seed.

import type { Effect, LifeId, PeerEvent } from '@murmuration/core/internal'

// oxlint-disable-next-line max-params -- a line is what these four are
export function lineOf(at: number, life: LifeId, events: readonly PeerEvent[], effects: readonly Effect[]): string {
  return `${at.toFixed(1)} ${life} [${events.map(heard).join(', ')}] → [${effects.map(done).join(', ')}]`
}

function heard(event: PeerEvent): string {
  if (event.type !== 'received') return event.type
  const { from, messages, claims } = event.frame
  const said = claims.map((claim) => ` ${claim.life}=${claim.state}`).join('')
  return `<${from}:${messages.map(({ type }) => type).join('+')}${said}`
}

function done(effect: Effect): string {
  if (effect.type === 'send') return `>${effect.to}:${effect.frame.messages.map(({ type }) => type).join('+')}`
  return effect.type === 'notice' ? effect.notice.type : effect.type
}
