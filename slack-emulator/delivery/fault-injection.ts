import { EmulatorError } from '../errors.ts'

/** What goes wrong with a Web API method, on demand. `*` stands for every method. */
export type InjectedFault = {
  method: string
  /** An HTTP status instead of an answer; 429 comes with `Retry-After`. */
  status?: number | undefined
  /** Milliseconds the call takes longer. */
  delay?: number | undefined
  /** Slack's word for the refusal, in an answer of HTTP 200. */
  error?: string | undefined
  /** Seconds, for a 429. */
  retry_after?: number | undefined
  /** How many calls it meets. */
  times: number
}

export type FaultInjection = {
  set(fault: InjectedFault): void
  clear(method: string | undefined): void
  /** What meets this call; counts as one time. */
  next(method: string): InjectedFault | undefined
  /** What is still to come. */
  all(): InjectedFault[]
}

/** Failures and slowness a test or a person orders, first in first out for each method. */
export function createFaultInjection(): FaultInjection {
  let coming: InjectedFault[] = []
  return {
    set(fault) {
      const { status, delay, error } = fault
      if (status === undefined && delay === undefined && error === undefined)
        throw new EmulatorError('input_invalid', 'give a status, a delay or an error')
      coming.push(fault)
    },
    clear: (method) => {
      coming = method === undefined ? [] : coming.filter((one) => one.method !== method)
    },
    next(method) {
      const found = coming.find((one) => one.method === method || one.method === '*')
      if (found === undefined) return undefined
      found.times -= 1
      coming = coming.filter((one) => one.times > 0)
      return { ...found }
    },
    all: () => coming.map((one) => ({ ...one })),
  }
}
