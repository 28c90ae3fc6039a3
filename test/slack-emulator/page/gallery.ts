const plain = (text: string) => ({ type: 'plain_text', text })
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text })
const options = ['Red', 'Green', 'Blue'].map((name) => ({ text: plain(name), value: name.toLowerCase() }))
const raw = (text: string) => ({ type: 'raw_text', text })
const rich = (text: string) => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }],
})
const image =
  'data:image/svg+xml,%3Csvg xmlns="http://www.w3.org/2000/svg" width="64" height="64"%3E%3Crect width="64" height="64" fill="%2335649b"/%3E%3C/svg%3E'
const picture = { type: 'image', image_url: image, alt_text: 'a blue square' }
const button = (text: string, action_id: string, more: object = {}) => ({
  type: 'button',
  text: plain(text),
  action_id,
  value: action_id,
  ...more,
})
const card = (title: string) => ({
  type: 'card',
  icon: picture,
  title: mrkdwn(`*${title}*`),
  subtitle: mrkdwn('Postgres'),
  body: mrkdwn('Ask questions of your own tables.'),
  actions: [button('Open', `open-${title}`)],
})

const words = (text: string, style: object = {}) => ({ type: 'text', text, style })
const line = (...elements: object[]) => ({ type: 'rich_text_section', elements })
const chart = (title: string, type: string, data: object) => ({
  type: 'data_visualization',
  title,
  chart: { type, ...data },
})
const points = [4, 9, 6].map((value, at) => ({ label: ['Mon', 'Tue', 'Wed'][at], value }))

/** Messages that together hold every block a message may hold, and every element one may press. */
export const MESSAGES: object[][] = [
  [
    { type: 'header', text: plain('A header') },
    {
      type: 'section',
      text: mrkdwn(
        '*Bold*, _italic_, ~gone~, `code`, <https://example.com|a link>, <@UMEMBER1>, <#COPS00001>\n> a quote\n```SELECT 1;```',
      ),
      accessory: { type: 'overflow', action_id: 'more', options: options.slice(0, 2) },
    },
    { type: 'section', fields: [mrkdwn('*State*\nconnected'), mrkdwn('*Tools*\n12')] },
    { type: 'divider' },
    {
      type: 'actions',
      elements: [
        button('Approve', 'approve', { style: 'primary' }),
        button('Delete', 'delete', {
          style: 'danger',
          confirm: {
            title: plain('Delete it?'),
            text: mrkdwn('It cannot be *undone*.'),
            confirm: plain('Delete'),
            deny: plain('Keep'),
            style: 'danger',
          },
        }),
        { type: 'static_select', action_id: 'colour', placeholder: plain('Pick a colour'), options },
        { type: 'datepicker', action_id: 'day' },
      ],
    },
    { type: 'context', elements: [picture, mrkdwn('a note beside a *picture*')] },
    {
      type: 'context_actions',
      elements: [
        {
          type: 'feedback_buttons',
          action_id: 'feedback',
          positive_button: { text: plain('Good'), value: 'good' },
          negative_button: { text: plain('Bad'), value: 'bad' },
        },
        { type: 'icon_button', action_id: 'bin', icon: 'trash', text: plain('Remove') },
      ],
    },
  ],
  [
    {
      type: 'markdown',
      text: '## Findings\n\nThere are **three** tables:\n\n1. `employee`\n   - id\n   - name\n2. `salary`\n\n| table | rows |\n| --- | ---: |\n| employee | 300 024 |\n\n```sql\nSELECT count(*) FROM employee;\n```\n> as of today <img src=x onerror=alert(1)>\n\n- [x] done\n- [ ] open',
    },
    {
      type: 'plan',
      title: 'Counting employees',
      tasks: [
        {
          type: 'task_card',
          task_id: 'a',
          title: 'Looked at the tables',
          status: 'complete',
          details: rich('Three tables.'),
        },
        { type: 'task_card', task_id: 'b', title: 'Counting rows', status: 'in_progress' },
        { type: 'task_card', task_id: 'c', title: 'Writing the answer', status: 'pending' },
        { type: 'task_card', task_id: 'd', title: 'Asked the wrong server', status: 'error' },
      ],
    },
    {
      type: 'table',
      rows: [
        [raw('Name'), raw('People')],
        [raw('Sales'), { type: 'raw_number', value: 52, text: '52' }],
      ],
    },
  ],
  [
    {
      type: 'data_table',
      caption: 'Departments',
      page_size: 2,
      rows: [[raw('Name')], [raw('Sales')], [raw('Research')], [raw('Finance')]],
    },
    {
      type: 'container',
      title: plain('A container'),
      is_collapsible: true,
      child_blocks: [{ type: 'section', text: mrkdwn('inside of it') }],
    },
  ],
  [
    {
      type: 'rich_text',
      elements: [
        line(
          words('Bold', { bold: true }),
          words(' italic', { italic: true }),
          words(' gone', { strike: true }),
          words(' code', { code: true }),
          words(' by '),
          { type: 'user', user_id: 'UMEMBER1' },
          words(' in '),
          { type: 'channel', channel_id: 'COPS00001' },
          words(' for '),
          { type: 'broadcast', range: 'here' },
          words(', see '),
          { type: 'link', url: 'https://example.com', text: 'the page' },
          words(', due '),
          { type: 'date', timestamp: 1795250163, format: '{date_short} at {time}', fallback: 'soon' },
        ),
        { type: 'rich_text_list', style: 'ordered', elements: [line(words('one')), line(words('two'))] },
        { type: 'rich_text_list', style: 'bullet', indent: 1, elements: [line(words('a point of two'))] },
        { type: 'rich_text_quote', elements: [words('as somebody said')] },
        { type: 'rich_text_preformatted', elements: [words('SELECT 1;')] },
      ],
    },
    {
      type: 'task_card',
      task_id: 'sourced',
      title: 'Read the page',
      status: 'complete',
      output: rich('It says so.'),
      sources: [{ type: 'url', url: 'https://example.com/source', text: 'Where it stands' }],
    },
    {
      type: 'actions',
      elements: [
        { type: 'timepicker', action_id: 'hour' },
        { type: 'conversations_select', action_id: 'where', placeholder: plain('Pick a conversation') },
        { type: 'multi_users_select', action_id: 'who', placeholder: plain('Pick people') },
        { type: 'radio_buttons', action_id: 'one', options },
        { type: 'checkboxes', action_id: 'some', options },
      ],
    },
    { type: 'file', external_id: 'plan.pdf', source: 'remote' },
  ],
  [
    chart('Runs this week', 'line', { series: [{ name: 'Runs', data: points }] }),
    chart('Who asked', 'pie', { segments: points }),
  ],
  [{ type: 'carousel', elements: [card('First'), card('Second'), card('Third')] }],
  [
    {
      type: 'data_visualization',
      title: 'Runs per day',
      chart: {
        type: 'bar',
        series: [
          {
            name: 'Runs',
            data: [
              { label: 'Mon', value: 4 },
              { label: 'Tue', value: 9 },
              { label: 'Wed', value: 6 },
            ],
          },
        ],
      },
    },
    {
      type: 'video',
      video_url: 'https://example.com/v',
      thumbnail_url: image,
      alt_text: 'a tour',
      title: plain('A tour'),
      provider_name: 'Example',
    },
    { ...picture, title: plain('A picture') },
  ],
]

const input = (block_id: string, label: string, element: object, more: object = {}) => ({
  type: 'input',
  block_id,
  label: plain(label),
  optional: true,
  element: { action_id: block_id, ...element },
  ...more,
})

/** A modal with every kind of input. */
export const FORM = {
  type: 'modal',
  callback_id: 'everything',
  title: plain('Every kind of input'),
  submit: plain('Save'),
  blocks: [
    { type: 'alert', level: 'warning', text: mrkdwn('This is only a test.') },
    input(
      'name',
      'Name',
      { type: 'plain_text_input', placeholder: plain('small letters') },
      { optional: false, hint: plain('How you will call it.') },
    ),
    input('token', 'API token', { type: 'plain_text_input' }),
    input('note', 'Note', { type: 'plain_text_input', multiline: true }),
    input('count', 'How many', { type: 'number_input', is_decimal_allowed: false }),
    input('mail', 'Email', { type: 'email_text_input' }),
    input('url', 'Address', { type: 'url_text_input' }),
    input('rich', 'Rich text', { type: 'rich_text_input' }),
    input('colour', 'Colour', { type: 'static_select', options }),
    input('colours', 'Colours', { type: 'multi_static_select', options }),
    input('found', 'Search', { type: 'external_select', min_query_length: 1 }),
    input('person', 'Person', { type: 'users_select' }),
    input('rooms', 'Channels', { type: 'multi_channels_select' }),
    input('day', 'Day', { type: 'datepicker' }),
    input('time', 'Time', { type: 'timepicker' }),
    input('moment', 'Moment', { type: 'datetimepicker' }),
    input('boxes', 'Boxes', { type: 'checkboxes', options }),
    input('radio', 'Radio', { type: 'radio_buttons', options }),
    input('file', 'File', { type: 'file_input' }),
  ],
}
