/**
 * What Slack takes, in characters, items or bytes (docs.slack.dev/reference/block-kit and /reference/methods, November 2026).
 * Builders cut and paginate by it; `checkMessage` and `checkView` hold everything else against it.
 */
export const LIMITS = {
  message: {
    blocks: 50,
    /** Above this Slack advises against; at `textMax` it cuts. */
    text: 4_000,
    textMax: 40_000,
    markdownText: 12_000,
    dataVisualizations: 2,
    /** Over all blocks of a message: above it Slack refuses with `msg_blocks_too_long` (slackapi/bolt-js#2509, #2867). */
    blockText: 12_000,
  },
  /** Of `text`: `chat.update` refuses more with `msg_too_long`, `chat.postMessage` cuts it. */
  methodText: { 'chat.update': 4_000, 'chat.postMessage': 40_000 },
  /** A stream's whole text is held to what one call may carry, stricter than Slack, so a long answer always rolls over. */
  stream: { text: 12_000, chunkText: 256, chunkBlocks: 50, stopBlocks: 50, lifetimeMs: 5 * 60_000 },
  view: {
    blocks: 100,
    bytes: 250 * 1024,
    privateMetadata: 3_000,
    externalId: 255,
    stack: 3,
    title: 24,
    submit: 24,
    close: 24,
  },
  id: 255,
  text: 3_000,
  section: { text: 3_000, fields: 10, fieldText: 2_000 },
  header: 150,
  markdown: 12_000,
  actions: 25,
  context: 10,
  contextActions: 5,
  image: { altText: 2_000, title: 2_000, url: 3_000 },
  input: { label: 2_000, hint: 2_000 },
  button: { text: 75, shownText: 30, value: 2_000, url: 3_000, accessibilityLabel: 75 },
  option: { text: 75, value: 75, description: 75, groupLabel: 75 },
  options: { select: 100, groups: 100, checkboxes: 10, radio: 10, overflow: 5 },
  placeholder: 150,
  confirm: { title: 100, text: 300, button: 30 },
  plainTextInput: 3_000,
  fileInput: 10,
  alert: 200,
  card: { title: 150, subtitle: 150, body: 200, actions: 3 },
  carousel: 10,
  container: { title: 150, subtitle: 150, blocks: 10 },
  plan: { tasks: 50, title: 256 },
  taskCard: { title: 256 },
  table: { rows: 100, columns: 20, characters: 10_000 },
  dataTable: { rows: 200, columns: 20, characters: 20_000, pageSize: 100 },
  video: { title: 200, author: 50 },
  trigger: { lifetimeMs: 3_000 },
  responseUrl: { uses: 5, lifetimeMs: 30 * 60_000 },
  ackMs: 3_000,
} as const
