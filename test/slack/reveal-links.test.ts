import { expect, test } from 'vitest'
import { revealLinks } from '../../src/slack/answer/reveal-links.ts'

test.each([
  [
    'a host that is another',
    '[good.example](https://evil.example)',
    '[good.example](https://evil.example) (evil.example)',
  ],
  [
    'an address that is another',
    '[https://good.example/a](https://evil.example/b)',
    '[https://good.example/a](https://evil.example/b) (evil.example)',
  ],
  [
    'a longer host',
    '[good.example](https://good.example.evil.example)',
    '[good.example](https://good.example.evil.example) (good.example.evil.example)',
  ],
  [
    'a host before a sign',
    '[x](https://good.example@evil.example/)',
    '[x](https://good.example@evil.example/) (evil.example)',
  ],
  [
    'a host in the label’s query',
    '[good.example/?evil.example](https://evil.example)',
    '[good.example/?evil.example](https://evil.example) (evil.example)',
  ],
  [
    'words',
    'See [**the** docs](https://docs.example.com/a_(b) "Title"), please.',
    'See [**the** docs](https://docs.example.com/a_(b) "Title") (docs.example.com), please.',
  ],
  [
    'letters that look like others',
    '[paypal](https://раypal.com)',
    '[paypal](https://раypal.com) (xn--ypal-43d9g.com)',
  ],
  ['a picture', '![chart](https://evil.example/a.png)', '![chart](https://evil.example/a.png) (evil.example)'],
  [
    'a picture that is a link',
    '[![a](https://a.example/a.png)](https://evil.example)',
    '[![a](https://a.example/a.png)](https://evil.example) (evil.example)',
  ],
  ['an address in brackets', '[x](<https://evil.example/a b>)', '[x](<https://evil.example/a b>) (evil.example)'],
  [
    'a reference',
    '[good.example][1] and [one]\n\n[1]: https://evil.example',
    '[good.example][1] (evil.example) and [one]\n\n[1]: https://evil.example',
  ],
  [
    'Slack’s own form',
    '<https://evil.example/a|good.example>',
    '[good.example](https://evil.example/a) (evil.example)',
  ],
  ['a mail address', '[write](mailto:a@evil.example)', '[write](mailto:a@evil.example) (a@evil.example)'],
  ['another scheme', '[open](slack://user?team=T1)', '[open](slack://user?team=T1) (user)'],
  [
    'in a table',
    '| a |\n|---|\n| [x](https://evil.example) |',
    '| a |\n|---|\n| [x](https://evil.example) (evil.example) |',
  ],
])('a link says where it leads: %s', (_what, markdown, shown) => {
  expect(revealLinks(markdown)).toBe(shown)
})

test.each([
  'https://good.example/a and <https://good.example>',
  '[good.example/a](https://good.example/a?b=c)',
  '[https://good.example](https://good.example/)',
  '[a@b.example](mailto:a@b.example)',
  '`[good.example](https://evil.example)` and ``a ` [x](https://evil.example)``',
  '```\n[good.example](https://evil.example)\n```',
  '> ~~~md\n> [good.example](https://evil.example)\n> ~~~',
  '\\[not](https://evil.example)',
  '[x](/relative) and [y] and a[1](2)',
  '- [ ] to do\n- [x] done',
])('all else stays as it is: %j', (markdown) => {
  expect(revealLinks(markdown)).toBe(markdown)
})

test('what was streamed is never changed by more words', () => {
  const whole =
    'See [good.example](https://evil.example), <https://evil.example|good.example>, `[a](https://b.example)` and\n```\n[a](https://b.example)\n```\n[c](https://d.example/(e)) end.'
  const end = revealLinks(whole)
  for (let at = 0; at <= whole.length; at += 1) {
    const shown = revealLinks(whole.slice(0, at), true)
    // Inside of code that is not closed yet, a link may be told too early.
    if (!/`\[a\]\(https:\/\/b\.example\)$/.test(whole.slice(0, at))) expect(end.startsWith(shown), shown).toBe(true)
  }
})

test.each(['[', '[[', '`', '](', '[a](', '<https://a|'])('many signs take no time: %s', (sign) => {
  expect(revealLinks(sign.repeat(5_000))).toContain(sign)
})
