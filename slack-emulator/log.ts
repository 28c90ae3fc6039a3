/** Where the emulator reports its own failures and lost events; a pino logger fits. */
export type EmulatorLog = {
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
