import { describe, expect, test } from 'vitest'
import { createCallError } from '../../src/db/call.ts'
import { AppError } from '../../src/errors.ts'
import { UserId } from '../../src/ids.ts'
import type { CallState, RunState } from '../../src/run/state/state.ts'
import { renderAnswer } from '../../src/slack/answer/answer-messages.ts'
import { cutMarkdownPage } from '../../src/slack/answer/cut-markdown.ts'
import { describeCall } from '../../src/slack/answer/describe-calls.ts'
import { usedText } from '../../src/slack/answer/finished-steps.ts'
import { PAGE_CHARACTERS, paginateAnswer } from '../../src/slack/answer/paginate-answer.ts'
import { stepsText } from '../../src/slack/answer/steps-block.ts'
import { MAX_PLAN_STEPS } from '../../src/slack/answer/task-blocks.ts'
import {
  argumentFieldsOf,
  canEditArguments,
  readTypedArguments,
  WHOLE_ARGUMENTS_FIELD,
} from '../../src/slack/approvals/edit-arguments-form.ts'
import { editedText } from '../../src/slack/approvals/edited-call.ts'
import { argumentsText } from '../../src/slack/blocks/arguments-text.ts'
import { errorHelpButtonsFor, errorText } from '../../src/slack/blocks/error-message.ts'
import { formatSql } from '../../src/slack/blocks/format-sql.ts'
import { ModalState } from '../../src/slack/blocks/modal-fields.ts'
import { escapeMrkdwn, withoutMentions, withoutPartialMention } from '../../src/slack/blocks/text.ts'
import { tokenize } from '../../src/slack/commands/mcp-command.ts'
import { findNearestWord } from '../../src/slack/interactions/find-by-name.ts'
import { chunksFor, createEmptyStream, type LiveRunInfo } from '../../src/slack/render/stream-content.ts'
import { truncate } from '../../src/text.ts'
import { approvalOf, callOf } from './samples.ts'
import { stateOf } from './states.ts'

const say = (title: string, given: Record<string, string> = {}) =>
  (['wish', 'doing', 'done'] as const).map((tense) =>
    describeCall({ title, tool: 'x', connectionName: 'db', arguments: given }, tense),
  )

test('a refused token comes with the button that takes a new one', () => {
  const cause = 'GitHub refused the token (401). Create a new one at https://github.com/settings and connect again.'
  const [painted] = renderAnswer(
    stateOf([{ text: '', calls: [callOf({ stage: 'failed', cause })] }, { text: 'Sorry.' }]),
  )
  expect(JSON.stringify(painted?.blocks)).toContain('"value":"reconnect filesystem"')
})

describe('what is said of something that was caught', () => {
  test('an error of ours in its own words, with nothing in them read as a mention', () => {
    const error = new AppError('server_refused', 'custom says "<!channel>". Try again.')
    expect(errorText(error)).toBe('custom says "&lt;!channel&gt;". Try again.')
    expect(errorHelpButtonsFor(error)).toMatchObject([{ text: { text: 'My connections' }, value: 'list' }])
    const late = new AppError('tool_timeout', 'Files did not answer within 30 s.')
    expect(errorHelpButtonsFor(late, 'resources files')).toMatchObject([
      { text: { text: 'Try again' }, value: 'resources files' },
      { text: { text: 'My connections' } },
    ])
    expect(errorHelpButtonsFor(late), 'without words there is nothing to say again').toHaveLength(1)
    expect(errorHelpButtonsFor(new AppError('input_invalid', 'x'), 'rules')).toEqual([])
  })

  test('anything else plainly, without its words', () => {
    const error = new TypeError('{"at": "x.ts:12", "password": "hunter2"}')
    expect(errorText(error)).toMatch(/^Something unexpected went wrong on our side\. Please try again/)
    expect(errorText(error)).not.toMatch(/hunter2|x\.ts/)
    expect(errorHelpButtonsFor(error)).toEqual([])
  })

  test('the database names no functions', () => {
    expect(errorText(createCallError('append_event', 'boom', new Error('boom')))).not.toMatch(/append_event|boom/)
  })
})

describe('a call in plain words', () => {
  test.each([
    [
      'write_file',
      { path: 'a/hello.txt' },
      ['Write a/hello.txt with db', 'Writing a/hello.txt with db', 'Wrote a/hello.txt with db'],
    ],
    [
      'Read Media File',
      { path: '/x/y.png' },
      ['Read /x/y.png with db', 'Reading /x/y.png with db', 'Read /x/y.png with db'],
    ],
    [
      'move_file',
      { source: 'many/../.env', destination: 'public/env.txt' },
      [
        'Move many/../.env to public/env.txt with db',
        'Moving many/../.env to public/env.txt with db',
        'Moved many/../.env to public/env.txt with db',
      ],
    ],
    ['copyFile', { from: 'a', to: 'b' }, ['Copy a to b with db', 'Copying a to b with db', 'Copied a to b with db']],
    [
      'renameIssue',
      { oldName: 'A', newName: 'B' },
      ['Rename A to B with db', 'Renaming A to B with db', 'Renamed A to B with db'],
    ],
    ['rename_file', { path: 'a.txt' }, ['Rename a.txt with db', 'Renaming a.txt with db', 'Renamed a.txt with db']],
    [
      'write_file',
      { path: 'gpj.\u202egnp.txt' },
      [
        'Write gpj.\\u{202e}gnp.txt with db',
        'Writing gpj.\\u{202e}gnp.txt with db',
        'Wrote gpj.\\u{202e}gnp.txt with db',
      ],
    ],
    [
      'list_directory',
      { path: '.' },
      ['List directory with db', 'Listing directory with db', 'Listed directory with db'],
    ],
    ['execute_sql', {}, ['Execute sql with db', 'Executing sql with db', 'Executed sql with db']],
    ['Execute SQL (sqlite)', {}, ['Execute SQL with db', 'Executing SQL with db', 'Executed SQL with db']],
    ['Execute SQL', {}, ['Execute SQL with db', 'Executing SQL with db', 'Executed SQL with db']],
    ['createIssue', { title: 'Bug' }, ['Create Bug with db', 'Creating Bug with db', 'Created Bug with db']],
    [
      'sequential_thinking',
      {},
      ['Use sequential thinking with db', 'Using sequential thinking with db', 'Used sequential thinking with db'],
    ],
    ['Echo Tool', {}, ['Echo with db', 'Echoing with db', 'Echoed with db']],
    ['get-sum-tool', {}, ['Get sum with db', 'Getting sum with db', 'Got sum with db']],
    ['tool', {}, ['Use tool with db', 'Using tool with db', 'Used tool with db']],
    ['constructor', {}, ['Use constructor with db', 'Using constructor with db', 'Used constructor with db']],
  ])('%s', (title, given, sentences) => expect(say(title, given)).toEqual(sentences))

  test.each([
    [
      'Delete rows',
      { table: 'users', filters: [{ column: 'id', operator: 'eq', value: 5 }] },
      'Delete rows from users where id = 5 with db',
    ],
    [
      'Update rows',
      { table: 'users', filters: [{ column: 'plan', operator: 'in', value: ['a', 'b'] }] },
      'Update rows in users where plan in (a, b) with db',
    ],
    ['Delete rows', { table: 'users', filters: 'all' }, 'Delete rows from users with db'],
    ['Insert rows', { table: 'users' }, 'Insert rows into users with db'],
    ['Get the schema', { table: 'users' }, 'Get the schema of users with db'],
    ['Call a function', { function: 'total_of' }, 'Call total_of with db'],
  ])('%s %j: which of them', (title, given, words) => {
    expect(describeCall({ title, tool: 'x', connectionName: 'db', arguments: given }, 'wish')).toBe(words)
  })

  test('a long path keeps its beginning and its end', () => {
    const [wish = ''] = say('write_file', { path: `start/${'folder/'.repeat(40)}end.txt` })
    expect(wish).toMatch(/^Write start\/.*….*end\.txt with db$/)
    expect(wish.length).toBeLessThan(110)
  })
})

describe('typed words', () => {
  test('quotes hold together, straight or curly, open or closed', () => {
    expect(tokenize('connect "my db" “a b” don\'t \'x y')).toEqual(['connect', 'my db', 'a b', "don't", 'x y'])
    expect(tokenize('  ')).toEqual([])
  })
  test('the nearest word is near, or there is none', () => {
    const words = ['connect', 'list', 'tools', 'test', 'disconnect', 'help']
    expect(findNearestWord('conect', words)).toBe('connect')
    expect(findNearestWord('disc', words)).toBe('disconnect')
    expect(findNearestWord('tol', words)).toBe('tools')
    expect(findNearestWord('weather', words)).toBeUndefined()
  })
})

describe('text that is not ours', () => {
  test('pings nobody', () => {
    expect(withoutMentions('<!channel> <@U1A> <#C1> <div> a<b')).toBe(
      '<\u2060!channel> <\u2060@U1A> <\u2060#C1> <div> a<b',
    )
    expect(escapeMrkdwn('<!here> & co')).toBe('&lt;!here&gt; &amp; co')
  })
  test('is streamed only as far as more words cannot change it', () => {
    const whole = 'see <!channel> and <@U123> <div>'
    for (let end = 0; end <= whole.length; end += 1) {
      expect(withoutMentions(whole).startsWith(withoutMentions(withoutPartialMention(whole.slice(0, end))))).toBe(true)
    }
  })
  test('is never cut inside a character', () => {
    expect(truncate('ab😀cd', 4)).toBe('ab…')
    expect(truncate('abc', 3)).toBe('abc')
  })

  test('is cut between words, a long word inside', () => {
    expect(truncate('one two three four', 12)).toBe('one two…')
    expect(truncate('one two three four', 8)).toBe('one two…')
    expect(truncate(`a${' '.repeat(500_000)}b`, 400_000)).toBe('a…')
    expect(truncate(`one ${'x'.repeat(60)}`, 40)).toBe(`one ${'x'.repeat(35)}…`)
  })
  test.each([
    ['a: 1\nb', '"a: 1\\nb": 2'],
    ['a: 1\rb', '"a: 1\\rb": 2'],
    ['a: 1, b', '"a: 1, b": 2'],
    ['"a"', '"\\"a\\"": 2'],
    ['a b', 'a b: 2'],
  ])('the name of an argument is one name: %j', (name, line) => {
    expect(argumentsText({ [name]: 2 })).toBe(line)
  })
  test('hidden characters in arguments are spelled out', () => {
    expect(argumentsText({ path: 'a\u202Etxt.exe', n: 1, s: '1', text: 'a\nb\u200B' })).toBe(
      'path: "a\\u{202e}txt.exe"\nn: 1\ns: "1"\ntext: \n  a\n  b\\u{200b}',
    )
  })
})

describe('pages', () => {
  const grow = (text: string) => {
    const pages: string[] = []
    for (let rest = text; rest !== ''; ) {
      const cut = cutMarkdownPage(rest, 1_000)
      pages.push(cut.page)
      rest = cut.rest
    }
    return pages
  }
  const CODE = `Intro\n\n\`\`\`ts\n${Array.from({ length: 120 }, (_, at) => `const line${at} = ${at}`).join('\n')}\n\`\`\`\n\nEnd.`

  test('code that is cut is closed and opened again', () => {
    const pages = grow(CODE)
    expect(pages.length).toBeGreaterThan(2)
    for (const page of pages) expect((page.match(/^```/gm) ?? []).length % 2).toBe(0)
    expect(pages[1]).toMatch(/^```ts\nconst/)
    const lines = pages
      .join('\n')
      .split('\n')
      .filter((line) => line.startsWith('const'))
    expect(lines).toHaveLength(120)
  })
  test('a cut stays where it is while the text grows', () => {
    const first = cutMarkdownPage(CODE.slice(0, 1_200), 1_000).page
    for (let end = 1_201; end < CODE.length; end += 97)
      expect(cutMarkdownPage(CODE.slice(0, end), 1_000).page).toBe(first)
  })
  test('text without any good place is cut all the same', () => {
    const pages = grow('😀'.repeat(3_000))
    expect(pages.join('')).toBe('😀'.repeat(3_000))
    expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(1_000)
  })
  test('what is said after an approval stands in a message of its own', () => {
    const approval = callOf().approval
    expect(paginateAnswer(stateOf([{ text: 'a', calls: [{}] }, { text: 'b' }])).map(({ key }) => key)).toEqual([
      'answer:0:0',
    ])
    expect(approval).toBeUndefined()
  })
  test('a live page and the same page at the end are one text', () => {
    const text = 'words and '.repeat(3_000)
    const end = paginateAnswer(stateOf([{ text }])).map((page) => page.pieces)
    const before = paginateAnswer(stateOf([]), text.slice(0, PAGE_CHARACTERS * 2)).map((page) => page.pieces)
    expect(before[0]).toEqual(end[0])
  })
})

const live = (change: Partial<LiveRunInfo> = {}): LiveRunInfo => ({
  progress: new Map(),
  waiting: undefined,
  isThinking: false,
  ...change,
})

const stepsAt = (...stages: CallState['stage'][]) =>
  stepsText(
    stateOf([{ text: '', calls: stages.map((stage, at) => ({ stage, arguments: { path: `${at}.txt` } })) }]).calls,
  )

describe('the steps of a run', () => {
  test('say what is going on, then what waits, then what was used', () => {
    expect(stepsAt('done', 'calling')).toBe('Writing 1.txt…')
    expect(stepsAt('calling', 'approved', 'awaiting_approval')).toBe('Writing 0.txt, and 1 more…')
    expect(stepsAt('done', 'awaiting_approval', 'awaiting_approval')).toBe(
      'Waiting for approval: write 1.txt, and 1 more',
    )
    expect(stepsAt('done', 'done')).toBe('Used filesystem · 2 steps')
    expect(stepsAt('done')).toBe('Wrote 0.txt')
  })
  test('name connections where there are several', () => {
    const calls = ['a', 'b', 'c', 'd', 'e'].map((connectionName) => callOf({ connectionName, stage: 'done' }))
    expect(usedText(calls.slice(0, 3))).toBe('Used a, b and c · 3 steps')
    expect(usedText(calls)).toBe('Used a, b, c and 2 more · 5 steps')
    expect(stepsText([callOf({ connectionName: 'a' }), callOf({ connectionName: 'b', stage: 'calling' })])).toBe(
      'Writing hello.txt with b…',
    )
  })
  test('say what did not go well, however many', () => {
    expect(stepsAt('failed', 'failed')).toBe('Used filesystem · 2 steps, 2 failed')
    expect(stepsAt('done', 'done', 'denied', 'cancelled', 'unknown')).toBe(
      'Used filesystem · 5 steps, 1 not allowed, 1 stopped, 1 may or may not have happened',
    )
  })
  test('a step that a server did not answer can be tried again, unless a later one was made or the run ended badly', () => {
    const missed = { stage: 'failed' as const, retryable: true, cause: 'No answer.' }
    const offers = (calls: Partial<CallState>[], change: Partial<RunState> = {}) =>
      JSON.stringify(renderAnswer(stateOf([{ text: '', calls }, { text: 'So.' }], change))).split('"Try again"')
        .length - 1
    expect(offers([missed])).toBe(1)
    expect(offers([missed, { stage: 'done' }])).toBe(0)
    expect(offers([missed, missed]), 'only the last of the same').toBe(1)
    expect(offers([missed, { stage: 'done', tool: 'read_file' }])).toBe(1)
    expect(offers([{ ...missed, retryable: false }])).toBe(0)
    expect(offers([missed], { status: 'stopped' })).toBe(0)
  })
  const blocksOf = (change: Partial<RunState>, count: number) =>
    renderAnswer(
      stateOf(
        [{ text: '', calls: Array.from({ length: count }, () => ({ stage: 'done' as const })) }, { text: 'So.' }],
        change,
      ),
    )
      .flatMap((painted) => painted.blocks)
      .filter(({ type }) => type === 'plan' || type === 'task_card')
      .map((block) => ('tasks' in block ? block.tasks.length : block.type))
  test('are a line or a plan while the run works, not longer than Slack takes', () => {
    const working = { status: 'working' as const }
    expect(blocksOf(working, 1)).toEqual(['task_card'])
    expect(blocksOf(working, 2)).toEqual([2])
    expect(blocksOf(working, MAX_PLAN_STEPS + 3)).toEqual([MAX_PLAN_STEPS, 3])
  })
  test('are one line at the end, however many, below the answer', () => {
    for (const count of [1, 2, MAX_PLAN_STEPS + 3]) expect(blocksOf({}, count)).toEqual(['task_card'])
    const [painted] = renderAnswer(stateOf([{ text: 'I will look.', calls: [{}, {}] }, { text: 'So.' }]))
    expect(painted?.blocks.map(({ type }) => type)).toEqual(['markdown', 'task_card', 'actions'])
    expect(JSON.stringify(painted)).not.toContain('I will look')
  })
})

describe('what the model says between its steps', () => {
  const textsOf = (between: string, end: string, change: Partial<RunState> = {}) =>
    renderAnswer(stateOf([{ text: between, calls: [{ stage: 'done' }] }, { text: end }], change))
      .flatMap(({ blocks }) => blocks)
      .flatMap((block) => (block.type === 'markdown' ? [block.text] : []))
  test.each([
    ['a table', '| a | b |\n|---|---|\n| 1 | 2 |'],
    ['a list', 'This is open:\n- one\n- two'],
    ['code', 'Run this:\n```\nls\n```'],
    ['two paragraphs', 'One.\n\nTwo.'],
    ['much', 'Many words here. '.repeat(20)],
  ])('stays where it is an answer itself: %s', (_what, between) => {
    expect(textsOf(between, 'So.')).toEqual([between, 'So.'])
  })
  test('goes when the run is over, and not before', () => {
    expect(textsOf('I will look.', 'So.')).toEqual(['So.'])
    expect(textsOf('I will look.', '')).toEqual(['I will look.'])
    expect(textsOf('I will look.', 'So.', { status: 'working' })).toEqual(['I will look.', 'So.'])
    for (const status of ['stopped', 'failed'] as const)
      expect(textsOf('I will look.', 'So.', { status })).toEqual(['So.'])
  })
  test.each([
    ["I'll ask the database.", false],
    ['Sure! Let me delete that for you.', false],
    ['I found Georgi Facello (10001), hired in 1986.', true],
    ["I found Georgi Facello. I'll delete him now.", true],
  ])('above a card that waits only what was found out is read: %s', (said, stays) => {
    const calls = [{ stage: 'awaiting_approval' as const, approval: approvalOf() }]
    const [waiting] = renderAnswer(stateOf([{ text: said, calls }], { status: 'working' }))
    expect(waiting?.blocks.some(({ type }) => type === 'markdown')).toBe(stays)
  })
  test('goes with its message where a card parts it from the answer', () => {
    const approval = approvalOf()
    const turns = [{ text: 'I will write.', calls: [{ stage: 'done' as const, approval }] }, { text: 'Written.' }]
    expect(renderAnswer(stateOf(turns)).map(({ key }) => key)).toEqual(['answer:1:0'])
    expect(renderAnswer(stateOf(turns, { status: 'working' })).map(({ key }) => key)).toEqual([
      'answer:0:0',
      'answer:1:0',
    ])
  })
})

describe('a stream', () => {
  test('gets only what is new, in order, details once', () => {
    const [page] = paginateAnswer(stateOf([{ text: 'One.', calls: [{ stage: 'calling' }] }], { status: 'working' }))
    const first = page && chunksFor(page, createEmptyStream(), live({ progress: new Map([['toolu_0_0', '50 %']]) }))
    expect(first?.chunks).toEqual([
      { type: 'plan_update', title: 'Writing hello.txt… (50 %)' },
      { type: 'markdown_text', text: 'One.' },
      {
        type: 'task_update',
        id: 'toolu_0_0',
        title: 'Writing hello.txt… (50 %)',
        status: 'in_progress',
      },
    ])
    const result = { summary: 'ok', text: '', images: [], isError: false, files: [], ms: 1 }
    const [later] = paginateAnswer(
      stateOf([{ text: 'One.', calls: [{ stage: 'done', result }] }, { text: 'Two.' }], { status: 'working' }),
    )
    const next = later && first && chunksFor(later, first.sent, live())
    expect(next?.chunks).toEqual([
      { type: 'plan_update', title: 'Wrote hello.txt' },
      {
        type: 'task_update',
        id: 'toolu_0_0',
        title: 'Wrote hello.txt',
        status: 'complete',
        details: 'path: "hello.txt"\ncontent: "Hello"\nok',
      },
      { type: 'markdown_text', text: '\n\nTwo.' },
    ])
    expect(later && next && chunksFor(later, next.sent, live())?.chunks).toEqual([])
  })
  test('names its plan after what is going on, and waits for the model in it', () => {
    const calls = [{ stage: 'done' as const }, { stage: 'calling' as const, arguments: { path: 'two.txt' } }]
    const [page] = paginateAnswer(stateOf([{ text: '', calls }], { status: 'working' }))
    const first = page && chunksFor(page, createEmptyStream(), live())
    expect(first?.chunks[0]).toEqual({ type: 'plan_update', title: 'Writing two.txt…' })
    const waiting = 'The model is busy, trying again in 5 s…'
    const next = page && first && chunksFor(page, first.sent, live({ waiting }))
    expect(next?.chunks).toEqual([{ type: 'task_update', id: 'model', title: waiting, status: 'in_progress' }])
    expect(page && next && chunksFor(page, next.sent, live())?.chunks).toEqual([
      { type: 'task_update', id: 'model', title: 'The model is back', status: 'complete' },
    ])
  })
  test('says that the model thinks until there are words', () => {
    const [page = { key: 'answer:0:0', pieces: [] }] = paginateAnswer(stateOf([], { status: 'working' }))
    const first = chunksFor(page, createEmptyStream(), live({ isThinking: true }))
    expect(first?.chunks).toEqual([
      { type: 'plan_update', title: 'Working on it' },
      { type: 'task_update', id: 'model', title: 'Thinking…', status: 'in_progress' },
    ])
    const [words] = paginateAnswer(stateOf([], { status: 'working' }), 'So it is.')
    const next = words && first && chunksFor(words, first.sent, live())
    expect(next?.chunks).toEqual([
      { type: 'plan_update', title: 'Thought' },
      { type: 'markdown_text', text: 'So it is.' },
      { type: 'task_update', id: 'model', title: 'Thought', status: 'complete' },
    ])
    expect(words && next && chunksFor(words, next.sent, live())?.chunks).toEqual([])
  })
  test('cannot take words back', () => {
    const [page] = paginateAnswer(stateOf([{ text: 'Other' }]))
    expect(page && chunksFor(page, { ...createEmptyStream(), words: 'Some' }, live())).toBeUndefined()
  })
})

describe('arguments, edited', () => {
  const schema = {
    type: 'object',
    properties: {
      path: { type: 'string' },
      size: { type: 'number' },
      deep: { type: 'boolean' },
      tags: { type: 'array' },
    },
  }
  const call = callOf({ schema, arguments: { path: 'a', size: 1, deep: false, tags: ['x'] } })

  test('each as its type', () => {
    expect(argumentFieldsOf(call)?.map(({ kind }) => kind)).toEqual(['text', 'number', 'boolean', 'json'])
    expect(readTypedArguments(call, { path: 'b', size: '2.5', deep: 'true', tags: '["y"]' })).toEqual({
      ok: true,
      arguments: { path: 'b', size: 2.5, deep: true, tags: ['y'] },
    })
    expect(readTypedArguments(call, { path: null, size: null, deep: null, tags: 'oops' })).toEqual({
      ok: false,
      problems: { tags: 'I cannot read this. Put text in double quotes, and check the commas and brackets.' },
    })
    expect(readTypedArguments(call, { path: null, size: null, deep: null, tags: '[1e999]' })).toEqual({
      ok: false,
      problems: { tags: 'A number in this is too large. Write it as text, in double quotes.' },
    })
    expect(readTypedArguments(call, { path: null, size: null, deep: null, tags: null })).toEqual({
      ok: true,
      arguments: { path: '' },
    })
  })
  test('names that every object has are names like others', () => {
    const odd = callOf({
      schema: { type: 'object', properties: { constructor: { type: 'integer' } } },
      arguments: {},
    })
    expect(readTypedArguments(odd, {})).toEqual({ ok: true, arguments: {} })
    expect(readTypedArguments(odd, { constructor: '2' })).toEqual({ ok: true, arguments: { constructor: 2 } })
  })
  test('a moment that no date can hold is not read', () => {
    const state = (seconds: number) => ModalState.safeParse({ a: { value: { selected_date_time: seconds } } })
    expect([1_795_000_000, 9e12, -9e12].map((seconds) => state(seconds).success)).toEqual([true, false, false])
  })
  test.each([
    ['a required argument is no optional field', { path: 'a' }, ['path'], { path: false, content: true }],
    [
      'one that is empty already may stay so',
      { path: 'a', content: '' },
      ['path', 'content'],
      { path: false, content: true },
    ],
    [
      'a required text is not emptied by mistake',
      { path: 'a', content: 'b' },
      ['path', 'content'],
      { path: false, content: false },
    ],
  ])('%s', (_, given, required, optional) => {
    const properties = { path: { type: 'string' }, content: { type: 'string' } }
    const fields = argumentFieldsOf(callOf({ schema: { type: 'object', properties, required }, arguments: given }))
    expect(Object.fromEntries(fields?.map((field) => [field.id, field.optional]) ?? [])).toEqual(optional)
  })
  test.each([
    ['query', 'SELECT 1', true],
    ['content', 'hi', true],
    ['city', 'x'.repeat(81), true],
    ['city', 'Berlin', false],
    ['query', 'cheap flats', false],
  ])('%s %j in several lines: %s', (name, value, multiline) => {
    const one = callOf({
      schema: { type: 'object', properties: { [name]: { type: 'string' } } },
      arguments: { [name]: value },
    })
    expect(argumentFieldsOf(one)).toMatchObject([{ multiline }])
  })
  test('a required text that names something may not be emptied; prose may', () => {
    const required = ['path', 'content', 'code']
    const text = { type: 'string' }
    const properties = { path: text, content: text, code: { type: 'string', minLength: 1 } }
    const write = callOf({
      schema: { type: 'object', properties, required },
      arguments: { path: 'a', content: 'b', code: 'c' },
    })
    const problems = { path: 'Fill this in.', code: 'Fill this in.' }
    expect(readTypedArguments(write, { path: '', content: '', code: null })).toEqual({ ok: false, problems })
    expect(readTypedArguments(write, { path: 'a', content: null, code: 'c' })).toEqual({
      ok: true,
      arguments: { path: 'a', content: '', code: 'c' },
    })
    const begun = { ...write, arguments: { path: '', content: 'b', code: 'c' } }
    expect(readTypedArguments(begun, { path: null, content: 'b', code: 'c' }).ok).toBe(true)
  })
  test('as one JSON text where fields would not do', () => {
    const odd = callOf({ schema: {}, arguments: { a: 1 } })
    expect(argumentFieldsOf(odd)).toBeUndefined()
    expect(readTypedArguments(odd, { [WHOLE_ARGUMENTS_FIELD]: '{"a":2}' })).toEqual({ ok: true, arguments: { a: 2 } })
    expect(readTypedArguments(odd, { [WHOLE_ARGUMENTS_FIELD]: '[1]' }).ok).toBe(false)
    expect(canEditArguments(callOf({ arguments: { content: 'x'.repeat(4_000) } }))).toBe(false)
  })
})

describe('SQL and JSON among arguments', () => {
  const blank = (text: string) => text.replace(/\s+/g, ' ')
  const LONG_SQL =
    "select a, (select max(b) from u where u.id = t.id) from t left join v on v.id = t.id where n = ' from x where ' order by a limit 5"

  test('a long statement has one clause a line, and nothing else changed', () => {
    const said = argumentsText({ sql: LONG_SQL })
    expect(said).toBe(
      [
        'sql: ',
        '  select a, (select max(b) from u where u.id = t.id)',
        '  from t',
        '  left join v on v.id = t.id',
        "  where n = ' from x where '",
        '  order by a',
        '  limit 5',
      ].join('\n'),
    )
    expect(blank(said)).toBe(`sql: ${LONG_SQL}`)
  })
  test.each([
    "select 'it\\'s from here' from t where a = 1 and b = 2 and c = 3 and d = 4 order by a",
    'select 1 -- from here on nothing counts, where ever it stands, order by nothing at all',
    'select a\nfrom t where b = 1 and c = 2 and d = 3 and e = 4 and f = 5 and g = 6 order by h',
  ])('what could be read in two ways keeps its lines: %s', (sql) => {
    expect(formatSql(sql)).toBe(sql)
  })
  test('$$ and /* */ are not looked into', () => {
    const sql = 'do $$ begin delete from t where a = 1; end $$ /* from here where there */ returning nothing at all'
    expect(formatSql(sql)).toBe(sql.replace(' returning', '\nreturning'))
  })
  test('JSON in a text is laid out only if it reads exactly as it is sent', () => {
    const json = JSON.stringify({ name: 'a'.repeat(80), list: [1, 2] })
    expect(argumentsText({ body: json })).toContain('"list": [')
    const twice = `{"amount": 1, "amount": 1000000, "note": "${'a'.repeat(80)}"}`
    expect(argumentsText({ body: twice })).toBe(`body: ${JSON.stringify(twice)}`)
  })
})

describe('a call that a person changed', () => {
  const avery = UserId.parse('UAPPROV1')
  const morgan = UserId.parse('UMEMBER1')
  const at = new Date('2026-11-21T09:00:00Z')
  const end = (decision: 'approved' | 'denied' | 'expired', by: UserId | undefined, edited = false) => ({
    decision,
    by,
    reason: undefined,
    at,
    edited,
    always: false,
  })
  const sql = (text: string) => ({ sql: text })
  const proposal = {
    by: avery,
    arguments: sql('DROP TABLE employee'),
    risk: 'destructive' as const,
    at,
    askedBefore: [avery],
  }
  const asked = sql('DELETE FROM employee\n WHERE emp_no = 10003')
  const ran = { arguments: proposal.arguments, asked }
  const beginning =
    '<@UMEMBER1> asked for `DELETE FROM employee WHERE emp_no = 10003` · <@UAPPROV1> changed it to `DROP TABLE employee`'

  test.each([
    ['nobody did', {}, {}, undefined],
    ['proposed', { arguments: asked }, { proposal }, beginning],
    [
      'confirmed',
      ran,
      { proposal, decided: end('approved', morgan, true) },
      `${beginning} · <@UMEMBER1> approved that`,
    ],
    [
      'denied',
      { arguments: asked },
      { proposal, decided: end('denied', morgan) },
      `${beginning} · <@UMEMBER1> denied that`,
    ],
    [
      'expired',
      { arguments: asked },
      { proposal, decided: end('expired', undefined) },
      `${beginning} · it was not done`,
    ],
    ['as older versions did', ran, { decided: end('approved', avery, true) }, `${beginning} and approved`],
    [
      'by the requester',
      { arguments: { path: 'b`', size: 2 }, asked: { path: 'a', keep: true, size: 2 } },
      { decided: end('approved', morgan, true) },
      '<@UMEMBER1> asked for `path: "a", keep: true` · changed it to `path: "b\'", no keep` and approved',
    ],
  ])('%s', (_, call, approval, text) => {
    const content = { state: stateOf([]), call: callOf(call), approval: approvalOf(approval) }
    expect(editedText(content)).toBe(text)
  })
})
