import type { Button } from '@slack/types'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createCommandButton,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeMrkdwn } from '../blocks/text.ts'

type Demo = { name: string; title: string; starters: string[] }

/** Greets a new person and offers the demo database for a first answer. */
export function welcomeMessage(userName: string, demo: Demo | undefined): MessageContent {
  const hello = `Hi ${escapeMrkdwn(userName)}! I work with the *tools you connect*, and I ask before I change anything.`
  const own = sectionBlock(
    'Have your own tool? Connect it, then just tell me what you need, here or by mentioning me in a channel.',
  )
  const buttons = actionsBlock(
    [createCommandButton('Connect a tool', 'connect'), createCommandButton('Help', 'help')],
    'welcome-own',
  )
  const first = demo === undefined ? [] : demoBlocks(demo)
  return { text: 'Hi! I work with the tools you connect.', blocks: [sectionBlock(hello), ...first, own, buttons] }
}

function demoBlocks({ name, title, starters }: Demo): MessageContent['blocks'] {
  const questions = starters.slice(0, 3)
  return [
    sectionBlock(
      `*Try it in a minute:* connect the ${escapeMrkdwn(title.toLowerCase())} (made-up employees, no password), then ask it something.`,
    ),
    actionsBlock(
      [createCommandButton(`Connect the ${title.toLowerCase()}`, `connect ${name}`, 'primary')],
      'welcome-demo',
    ),
    actionsBlock(
      questions.map((question, at) => createButton({ text: question, action: `welcome_ask:${at}`, value: question })),
      'welcome-questions',
    ),
    contextBlock(
      'Each question is asked in your name; the answer comes right here. Then try “Delete employee 10001”: that one waits for approval.',
    ),
  ]
}

/** Answers a question about the demo database before it is connected. */
export const connectFirstMessage = ({ name, title }: Demo): MessageContent => ({
  text: `Connect the ${title.toLowerCase()} first.`,
  blocks: [
    sectionBlock(
      `That question needs the ${escapeMrkdwn(title.toLowerCase())}. Connect it first, then press the question again.`,
    ),
    actionsBlock([createCommandButton(`Connect the ${title.toLowerCase()}`, `connect ${name}`, 'primary')]),
  ],
})

export const helpButtonsFor = (...more: Button[]) =>
  actionsBlock([
    createCommandButton('Connect a tool', 'connect', 'primary'),
    createCommandButton('Find a tool', 'search'),
    createCommandButton('My connections', 'list'),
    createCommandButton('Tools', 'tools'),
    createCommandButton('Test', 'test'),
    createCommandButton('Rules', 'rules'),
    ...more,
  ])

/** Answers a message without text or files. */
export const helloMessage: MessageContent = {
  text: 'Hi! Tell me what to do, or connect a tool first.',
  blocks: [
    sectionBlock('Hi! Tell me what you need, for example _list my files_. Or connect a tool first.'),
    helpButtonsFor(),
  ],
}
