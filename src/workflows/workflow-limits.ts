/** A definition's file or form. People write a few KB; a hostile one stays readable in a moment. */
export const MOST_FILE_BYTES = 64 * 1024
/** Nested ones included (as ToolHive's composite tools). */
export const MOST_STEPS = 100
/** Steps in steps: more than a person can follow. */
export const MOST_STEP_DEPTH = 5
/** Lists and objects in each other, anywhere in a file. */
export const MOST_YAML_DEPTH = 40
/** What one `each` goes through. */
export const MOST_ITEMS = 1_000
/** Of one run of a workflow, with retries. */
export const MOST_CALLS = 2_000
/** Branches of one `parallel`. */
export const MOST_BRANCHES = 10
/** What a step leaves for later ones; more is cut. */
export const MOST_OUTPUT_BYTES = 256 * 1024
/** Arguments of one call, rendered. */
export const MOST_ARGUMENT_BYTES = 256 * 1024
export const MOST_RETRIES = 10
/** A wait, and a retry's wait: what takes longer is a schedule. */
export const MOST_WAIT_MS = 30 * 24 * 60 * 60 * 1000
/** One template, before it is rendered. */
export const MOST_TEMPLATE_CHARS = 8_000
/** Outputs, texts and tags that one template renders, loops counted. */
export const MOST_RENDERED_PARTS = 10_000
/** Characters and items that one template may make or go through. It counts work, not time, so a slow machine renders the same. */
export const MOST_TEMPLATE_WORK = 400_000
