// The words of Chrome's trace format, as far as a timeline needs them.

/** One event of the format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU */
export interface TraceEvent {
  readonly ph: 'X' | 'i' | 's' | 'f' | 'M'
  readonly name: string
  readonly cat?: string
  readonly pid: number
  readonly tid: number
  /** Microseconds. */
  readonly ts?: number
  readonly dur?: number
  readonly id?: number
  readonly s?: 't' | 'p' | 'g'
  readonly bp?: 'e'
  readonly cname?: string
  readonly args?: Readonly<Record<string, string | number>>
}
