// Who waits for this peer to have left: whoever told it to, for as long as they care to wait.

export class Leaving {
  readonly #waiting = new Set<() => void>()

  /** Resolves when it has left or broken, or after `ms`. */
  async within(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined
    await new Promise<void>((resolve) => {
      this.#waiting.add(resolve)
      timer = setTimeout(resolve, ms)
    })
    clearTimeout(timer)
  }

  over(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
