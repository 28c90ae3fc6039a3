/**
 * What the emulator refuses: `input_invalid` a request that is malformed, `conflict` one that does not fit what is there,
 * `app_failed` an app that did not answer as Slack demands, `port_in_use` a port that another program has.
 */
export type EmulatorErrorCode = 'input_invalid' | 'conflict' | 'app_failed' | 'port_in_use'

/** The emulator's one error class; `message` says to a person what is wrong and what there is instead. */
export class EmulatorError extends Error {
  readonly code: EmulatorErrorCode

  constructor(code: EmulatorErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'EmulatorError'
    this.code = code
  }
}
