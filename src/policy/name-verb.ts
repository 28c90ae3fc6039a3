/** Verbs that end, remove or overwrite something; from Slack's guidance on what an agent must always ask for, and common API names. */
const DESTRUCTIVE = new Set(
  'archive ban cancel clear close delete deny destroy disable drop erase evict force kill merge overwrite purge reboot remove reset restart revoke rollback shutdown stop terminate truncate uninstall unpublish wipe'.split(
    ' ',
  ),
)

/** The destructive verb in a tool's name (`deletePage`, `page.delete`, `drop_table`), or undefined. */
export function destructiveVerbIn(tool: string): string | undefined {
  const words = tool
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    // A thing, not a deed: reading one is no merge, and `merge_merge_request` still is.
    .replace(/(?<=[a-z][^a-z]+)merge[^a-z]*request/g, 'request')
    .split(/[^a-z]+/)
  return words.find((word) => DESTRUCTIVE.has(word))
}
