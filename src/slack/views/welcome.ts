import { actions, button, commandButton, context, type Saying, section } from './blocks.ts'
import { literal } from './text.ts'

type Demo = { name: string; title: string; starters: string[] }

/** To somebody new: what this is, and the shortest way to a first answer. */
export function sayWelcome(userName: string, demo: Demo | undefined): Saying {
  const hello = `Hi ${literal(userName)}! I work with the *tools you connect*, and I ask before I change anything.`
  const own = section(
    'Have your own tool? Connect it, then just tell me what you need, here or by mentioning me in a channel.',
  )
  const buttons = actions([commandButton('Connect a tool', 'connect'), commandButton('Help', 'help')], 'welcome-own')
  const first = demo === undefined ? [] : demoBlocks(demo)
  return { text: 'Hi! I work with the tools you connect.', blocks: [section(hello), ...first, own, buttons] }
}

function demoBlocks({ name, title, starters }: Demo): Saying['blocks'] {
  const questions = starters.slice(0, 3)
  return [
    section(
      `*Try it in a minute:* connect the ${literal(title.toLowerCase())} (made-up employees, no password), then ask it something.`,
    ),
    actions([commandButton(`Connect the ${title.toLowerCase()}`, `connect ${name}`, 'primary')], 'welcome-demo'),
    actions(
      questions.map((question, at) => button({ text: question, action: `welcome_ask:${at}`, value: question })),
      'welcome-questions',
    ),
    context(
      'Each question is asked in your name; the answer comes right here. Then try “Delete employee 10001”: that one waits for approval.',
    ),
  ]
}

/** To somebody who asks a question of the demo database before it is connected. */
export const sayConnectFirst = ({ name, title }: Demo): Saying => ({
  text: `Connect the ${title.toLowerCase()} first.`,
  blocks: [
    section(
      `That question needs the ${literal(title.toLowerCase())}. Connect it first, then press the question again.`,
    ),
    actions([commandButton(`Connect the ${title.toLowerCase()}`, `connect ${name}`, 'primary')]),
  ],
})
