/** The operator's file, and the variables that its values may name. */
export type SharedFileSource = { path: string; valueFor(variable: string): string | undefined }
