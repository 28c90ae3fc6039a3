/** Renders one thing after the other, and not more often than people can see. */
export type RenderQueue = {
  /** Renders after at least `leastMs`; of several wishes the earliest counts. */
  renderSoon(leastMs: number): void
  /** Runs the job after all that came before it; nothing is rendered until it is done. */
  runAlone(job: () => Promise<void>): Promise<void>
  close(): void
}

/** `render` resolves to the milliseconds after which it wants to run again; what it throws goes to `onError`. */
export function createRenderQueue(
  render: () => Promise<number | undefined>,
  everyMs: () => number,
  onError: (error: unknown) => void,
): RenderQueue {
  let tail: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let dueAt = 0
  let renderedAt = 0
  let jobs = 0

  const close = () => {
    clearTimeout(timer)
    timer = undefined
  }
  const renderNow = async () => {
    if (jobs > 0) return
    renderedAt = Date.now()
    const againMs = await render()
    if (againMs !== undefined) renderSoon(againMs)
  }
  const fire = () => {
    timer = undefined
    tail = tail.then(renderNow).catch(onError)
  }
  const renderSoon = (leastMs: number) => {
    const at = Math.max(Date.now() + leastMs, renderedAt + everyMs())
    if (jobs > 0 || (timer !== undefined && dueAt <= at)) return
    close()
    dueAt = at
    timer = setTimeout(fire, Math.max(at - Date.now(), 0))
  }
  return {
    renderSoon,
    async runAlone(job) {
      jobs += 1
      close()
      const done = tail.then(job)
      tail = done.catch(() => undefined)
      try {
        await done
      } finally {
        jobs -= 1
      }
    },
    close,
  }
}
