import type { TemplateScope } from '../../src/workflows/templates/template-engine.ts'

/** `allowed`: it may do this, and only has to end soon. */
export type HostileTemplate = { what: string; template: string; allowed?: true }

const many = (text: string, times: number): string => text.repeat(times)

/** What somebody would write who wants the app to hang, to grow, to read files or to leave the template. */
export const HOSTILE_TEMPLATES: HostileTemplate[] = [
  { what: 'a hundred million rounds', template: '{% for i in (1..100000000) %}{% endfor %}' },
  { what: 'as long a list as is allowed', template: '{% for i in (1..399000) %}{% endfor %}' },
  {
    what: 'a list of all lists',
    template: '{% for i in big %}{% for j in big %}{% for k in big %}{% endfor %}{% endfor %}{% endfor %}',
  },
  { what: 'doubling by append', template: `{% assign a = "xx" %}${many('{% assign a = a | append: a %}', 30)}{{ a }}` },
  {
    what: 'doubling by capture',
    template: `{% assign a = "xx" %}${many('{% capture a %}{{ a }}{{ a }}{% endcapture %}', 30)}{{ a }}`,
  },
  {
    what: 'doubling by concat',
    template: `{% assign a = big %}${many('{% assign a = a | concat: a %}', 20)}{{ a | size }}`,
  },
  { what: 'doubling by replace', template: `{{ text ${many('| replace: "x", "xx" ', 30)} }}` },
  { what: 'a large text for each sign', template: '{{ text | replace: "x", text }}' },
  { what: 'a large text for each item', template: '{% for i in big %}{{ text }}{% endfor %}' },
  { what: 'joining with a large text', template: '{{ big | join: text }}' },
  { what: 'a wide date', template: '{{ "now" | date: "%99999999d" }}' },
  { what: 'a date for each item', template: '{% for i in big %}{{ "now" | date: "%A %d %B %Y %H:%M" }}{% endfor %}' },
  { what: 'a search in a search', template: '{{ big | find_exp: \'i\', \'big | has_exp: "j", "j == -1"\' }}' },
  {
    what: 'a long expression for each item',
    template: `{{ big | where_exp: 'i', '${many('i == -1 or ', 300)} false' }}`,
  },
  { what: 'comparing lists often', template: `{{ ${many('big == big and ', 400)} true }}` },
  { what: 'sorting often', template: `{{ big ${many('| sort | reverse ', 400)} | size }}` },
  { what: 'splitting often', template: `{{ text ${many('| split: "" | join: "" ', 300)} }}` },
  { what: 'grouping often', template: `{{ objects ${many("| group_by_exp: 'i', 'i' ", 200)} | size }}` },
  { what: 'a large list as text', template: '{{ objects }}' },
  { what: 'a large list as it is', template: '${{ objects }}' },
  { what: 'brackets in brackets', template: `{{ text${many('[text', 2_600)}${many(']', 2_600)} }}` },
  { what: 'parentheses in parentheses', template: `{{ ${many('(', 7_900)} }}` },
  { what: 'tags in tags', template: `${many('{% if true %}', 290)}${many('{% endif %}', 290)}`, allowed: true },
  { what: 'tags without an end', template: many('{% if true %}', 600) },
  { what: 'a very long template', template: `${many('x', 9_000)}{{ now }}` },
  { what: 'many outputs', template: many('{{ text }}', 700) },
  {
    what: 'white space to be trimmed',
    template: `{{ "${many(' ', 7_000)}x" | strip | lstrip | rstrip }}`,
    allowed: true,
  },
  { what: 'including a file', template: '{% include "../../package.json" %}' },
  { what: 'rendering a file', template: '{% render "/etc/passwd" %}' },
  { what: 'a layout', template: '{% layout "x" %}' },
  { what: 'a constructor', template: '{{ inputs.constructor }}' },
  { what: 'a function of a function', template: '{{ text.constructor.constructor }}' },
  { what: 'a prototype', template: '{{ inputs.__proto__.polluted }}' },
  { what: 'a prototype in brackets', template: '${{ inputs["__proto__"]["toString"] }}' },
  { what: 'a method', template: '{{ big.map }}' },
  { what: 'the global object', template: '{{ globalThis }}{{ process.env }}' },
  { what: 'a regular expression', template: '{{ text | match: "(x+)+$" }}' },
  { what: 'a filter that is a property of all objects', template: '{{ text | constructor }}' },
  { what: 'a tag that is a property of all objects', template: '{% constructor %}' },
]

export function hostileScope(): TemplateScope {
  const big = Array.from({ length: 100_000 }, (_, at) => at)
  return {
    now: '2026-11-30T12:00:00.000Z',
    timezone: 'Europe/Berlin',
    inputs: { label: 'bug' },
    big,
    objects: big.map((id) => ({ id })),
    text: many('x', 200_000),
  }
}
