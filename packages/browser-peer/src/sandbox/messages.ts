// What a page and the frame around its workers say to each other, over a port that only they have.

/** To the frame: `port` comes with it and is the worker's end of all that it says to its peer. */
export type Command =
  { readonly type: 'start'; readonly number: number } | { readonly type: 'end'; readonly number: number }

export type EndReason = 'uncaught' | 'terminated' | 'exit'

/** From the frame. Exactly one for each worker that was started. */
export interface Ended {
  readonly number: number
  readonly reason: EndReason
  readonly detail: string
}

/** The first message, with the frame's end of the port. */
export interface Setup {
  readonly murmuration: 'frame'
  readonly workerScript: string
}

/** What a worker posts to the frame when it ends itself. */
export const goodbye = 'goodbye'
