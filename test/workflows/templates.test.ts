import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/errors.ts'
import type { JsonValue } from '../../src/json.ts'
import { computeCondition, renderTemplates } from '../../src/workflows/templates/render-template.ts'
import type { TemplateScope } from '../../src/workflows/templates/template-engine.ts'
import { referencesIn } from '../../src/workflows/templates/template-references.ts'
import { HOSTILE_TEMPLATES, hostileScope } from './hostile-templates.ts'

const SCOPE: TemplateScope = {
  now: '2026-11-30T23:30:00.000Z',
  timezone: 'Europe/Berlin',
  inputs: { label: 'bug', evil: '{{ inputs.label }}', expression: 'i.age > 30', none: null },
  steps: {
    list: {
      output: {
        issues: [
          { age: 40, title: 'a' },
          { age: 3, title: 'b' },
        ],
        'odd key': 1,
      },
    },
  },
}
const render = (value: JsonValue) => renderTemplates(value, SCOPE)

function problemOf(value: JsonValue, scope = SCOPE): string {
  try {
    return `no problem: ${JSON.stringify(renderTemplates(value, scope))?.slice(0, 100)}`
  } catch (error) {
    if (error instanceof AppError && error.code === 'input_invalid') return error.message
    throw error
  }
}

describe('a template', () => {
  it('gives a text, and keeps the type where it is wholly an expression', () => {
    expect(
      render({
        text: 'a {{ inputs.label }} b',
        n: '${{ steps.list.output.issues.size }}',
        deep: ['  ${{ steps.list.output.issues[0] }} ', 5, null],
      }),
    ).toEqual({
      text: 'a bug b',
      n: 2,
      deep: [{ age: 40, title: 'a' }, 5, null],
    })
    expect(render('{{ steps.list.output.issues.size }}')).toBe('2')
    expect(render('{{ steps.list.output.issues | map: "age" }}')).toBe('[40,3]')
    expect(render('${{ inputs.none }}')).toBeNull()
    expect(render('{{ steps.list.output["odd key"] }}')).toBe('1')
  })

  it('renders once: data that looks like a template stays as it is', () => {
    expect(render('{{ inputs.evil }} ${{ inputs.evil }}'.slice(0, 17))).toBe('{{ inputs.label }}')
    expect(render('${{ inputs.evil }}')).toBe('{{ inputs.label }}')
    expect(render('{% raw %}{{ inputs.label }}{% endraw %}')).toBe('{{ inputs.label }}')
  })

  it('never takes an expression from data', () => {
    expect(render("${{ steps.list.output.issues | where_exp: 'i', 'i.age > 30' | size }}")).toBe(1)
    expect(problemOf("${{ steps.list.output.issues | where_exp: 'i', inputs.expression }}")).toContain('in quotes')
  })

  it('gives data of its own', () => {
    const [rendered] = [render('${{ steps.list.output.issues }}')]
    if (Array.isArray(rendered)) rendered.pop()
    expect(render('${{ steps.list.output.issues.size }}')).toBe(2)
  })

  it('knows days and times, in the zone of who it works for', () => {
    expect(render('{{ "now" | date }}')).toBe('2026-12-01')
    expect(render('{{ "now" | date: "%H:%M" }} {{ "now" | date: "%H:%M", "UTC" }}')).toBe('00:30 23:30')
    expect(render('{{ "2026-07-01T10:00:00Z" | date: "%H:%M %z" }}')).toBe('12:00 +0200')
    expect(render('{{ "2026-02-27" | add_days: 2 }} {{ now | add_hours: -1 }}')).toBe(
      '2026-03-01 2026-11-30T22:30:00.000Z',
    )
    expect(render('${{ "2026-11-01" | days_since }}')).toBe(29)
    expect(problemOf('{{ inputs.label | date }}')).toContain('"bug" is no date')
    expect(problemOf('{{ "now" | date: "%H", "Mars" }}')).toContain('no time zone')
  })

  it.each([
    ['{{ steps.list.output.nope }}', 'steps.list.output.nope | default:'],
    ['{{ inputs.label | upcas }}', 'Did you mean upcase?'],
    ['{{ inputs.label', 'it is not closed'],
    ['{{ }}', 'it holds no name'],
    ['{{ 1 + 2 }}', '| plus: 1'],
    ['{% capture x %}{% endcapture %}', 'there is no {% capture %} here'],
    ['${{ inputs.nope }}', 'In "${{ inputs.nope }}"'],
  ])('that fails says where and what to write: %s', (template, told) => {
    expect(problemOf(template)).toContain(told)
  })

  it('takes a default for what may be missing', () => {
    expect(render('{{ steps.list.output.nope | default: "none" }}')).toBe('none')
  })
})

describe('a condition', () => {
  it.each<[string, boolean]>([
    ['steps.list.output.issues.size > 1', true],
    ['${{ inputs.label == "bug" }}', true],
    ['{{ inputs.label == "feature" }}', false],
    ['inputs.none', false],
    ['inputs.label contains "ug" and not inputs.none', true],
  ])('%s is %s', (condition, holds) => {
    expect(computeCondition(condition, SCOPE)).toBe(holds)
  })

  it('must be true or false', () => {
    expect(() => computeCondition('inputs.label', SCOPE)).toThrow('Compare it, for example inputs.label == "…"')
  })
})

describe('what a template refers to', () => {
  it('is found in texts, expressions, loops and quoted expressions', () => {
    expect(referencesIn("${{ steps.list.output.issues | where_exp: 'i', 'i.age > inputs.days' | first }}")).toEqual([
      ['steps', 'list', 'output', 'issues'],
      ['inputs', 'days'],
    ])
    expect(referencesIn('{% for i in steps.a.output %}{{ i.b }}{{ item["x y"] }}{% endfor %}')).toEqual([
      ['steps', 'a', 'output'],
      ['item', 'x y'],
    ])
    expect(referencesIn('words {% raw %}${{ x }}{% endraw %}')).toEqual([])
    expect(() => referencesIn('${{ inputs.a }} words')).toThrow('write {{ }} inside a text')
  })
})

describe('a hostile template', () => {
  it.each(HOSTILE_TEMPLATES)('is refused: $what', ({ template, allowed }) => {
    const told = problemOf(template, hostileScope())
    if (allowed === true) expect(told).toContain('no problem')
    else expect(told).not.toContain('no problem')
  })
})
