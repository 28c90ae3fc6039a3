import { EmulatorError } from '../errors.ts'

/** A fault ordered for a Web API method; `*` means every method. */
export type InjectedFault = {
  method: string
  /** The HTTP status of the answer; 429 comes with `Retry-After`. */
  status?: number | undefined
  /** Milliseconds by which the answer is delayed. */
  delay?: number | undefined
  /** Slack's error code, in an answer of HTTP 200. */
  error?: string | undefined
  /** Seconds, for a 429. */
  retry_after?: number | undefined
  /** How many calls get it. */
  times: number
}

export type FaultInjection = {
  set(fault: InjectedFault): void
  clear(method: string | undefined): void
  /** Takes the fault for a call, which counts as one time. */
  next(method: string): InjectedFault | undefined
  /** The faults that are still to come. */
  all(): InjectedFault[]
}

/** Creates the queue of ordered faults, first in first out for each method. */
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
