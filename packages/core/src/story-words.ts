// Rows of a story in words, as somebody at that peer would say it; who says it stands before it.

import type { InspectRow } from './model/messages.ts'
import type { StoryEvent } from './state/story.ts'

export function storySentence(row: InspectRow): string {
  const text = (key: string): string => String(row[key] ?? '')
  const ms = Number(row['ms'])
  const [attempt, peer, note] = [text('attempt'), text('peer'), text('note')]
  const took = `${ms.toFixed(ms < 10 ? 1 : 0)} ms`
  const inWorker = Number(row['worker']) < 0 ? '' : ` in worker ${text('worker')}`
  switch (text('what') as StoryEvent) {
    case 'asked':
      return `${text('fn')} was asked for`
    case 'given':
      return `gave attempt ${attempt} to ${peer}`
    case 'hedged':
      return `gave attempt ${attempt} to ${peer}, beside the one that takes long`
    case 'value':
      return `has its value, ${took} after it was asked for`
    case 'failed':
      return `it failed: ${note}`
    case 'started':
      return `started attempt ${attempt} of ${text('fn')}${inWorker}, for ${peer}`
    case 'ran':
      return `attempt ${attempt} was done after ${took}${inWorker}`
    case 'threw':
      return `attempt ${attempt} threw after ${took}${inWorker}: ${note}`
    case 'stopped':
      return `attempt ${attempt} was stopped: ${note}`
    case 'crashed':
      return `the worker of attempt ${attempt} died: ${note}`
    case 'gave-back':
      return `gave attempt ${attempt} back to ${peer}: ${note}`
    case 'put':
      return 'was put here'
    case 'copied':
      return `${peer} has a copy`
    case 'lost':
      return `was lost: ${note}`
    case 'guards':
      return `keeps what ${peer} knows of it`
    case 'keeps':
      return `heard of it last, and keeps its checkpoint, ${note}${peer === '' ? '' : `; it lives on ${peer}`}`
    case 'adopted':
      return 'answers for it now: its owner is gone'
    case 'draining':
      return `${peer} hands over`
    case 'joined':
    case 'left':
      return `${peer} ${text('what')}`
    case 'suspected':
      return `${peer} is suspected by ${note}`
    case 'died':
      return `${peer} died: ${note}`
    case 'retried':
    case 'resumed':
    case 'checkpointed':
    case 'moved':
    case 'ended':
    case 'remade':
    case 'noted':
      return note
    default:
      // Of a later version of us.
      return `${text('what')} ${note}`
  }
}
