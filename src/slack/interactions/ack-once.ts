/** An acknowledgement that may be given again without effect: a handler gives it early, its listener at the end. */
export function ackOnceOf(ack: () => Promise<void>): () => Promise<void> {
  let acknowledged: Promise<void> | undefined
  return () => {
    acknowledged ??= ack()
    return acknowledged
  }
}
