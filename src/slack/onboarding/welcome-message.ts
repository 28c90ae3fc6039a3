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
import { DELETE_QUESTION, type WelcomeStage } from './welcome-stage.ts'

export type DemoCard = { name: string; title: string }

export type WelcomeFacts = {
  userName: string
  stage: WelcomeStage
  /** The demo database, where it can be connected. */
  demo: DemoCard | undefined
  /** The connection to ask first, and a question that it can answer. */
  first: { name: string; question: string | undefined } | undefined
}

const HELLO = 'I work with the *tools you connect*, and I ask before I do anything that could do harm.'

/** Greets a new person with the one next step. Pure: it is repainted as they go on. */
export function welcomeMessage(facts: WelcomeFacts): MessageContent {
  const next = nextStepOf(facts)
  const elements = [...next.buttons, createCommandButton('Connect a tool', 'connect')]
  return {
    text: 'Hi! I work with the tools you connect.',
    blocks: [
      sectionBlock(`Hi ${escapeMrkdwn(facts.userName)}! ${HELLO}`),
      sectionBlock(next.words),
      actionsBlock(elements, `welcome ${facts.stage}`),
    ],
  }
}

type NextStep = { words: string; buttons: Button[] }

function nextStepOf({ stage, demo, first }: WelcomeFacts): NextStep {
  switch (stage) {
    case 'connect':
      return demo === undefined
        ? { words: 'Connect one, then tell me what you need.', buttons: [] }
        : {
            words: `*Try it in a minute:* the ${escapeMrkdwn(demo.title.toLowerCase())} holds made-up employees and needs no password.`,
            buttons: demoButtonsFor(demo, 'primary'),
          }
    case 'ask':
      return askStepOf(first)
    case 'approval':
      return {
        words:
          'That was your first answer. Now try something that changes data: it *waits for approval* before it happens.',
        buttons: [createQuestionButton(stage, DELETE_QUESTION)],
      }
    case 'decide':
      return {
        words: 'Your request waits for approval now: nothing happens before somebody presses *Approve*.',
        buttons: [],
      }
    case 'done':
      return {
        words: 'You have seen how it works. Ask me anything here, or mention me in a channel.',
        buttons: [createCommandButton('Help', 'help')],
      }
    default:
      return stage satisfies never
  }
}

function askStepOf(first: WelcomeFacts['first']): NextStep {
  const name = `*${escapeMrkdwn(first?.name ?? 'Your tool')}*`
  return first?.question === undefined
    ? { words: `✅ ${name} is connected. Ask me to use it.`, buttons: [] }
    : {
        words: `✅ ${name} is connected. Ask me to use it, or begin with this:`,
        buttons: [createQuestionButton('ask', first.question)],
      }
}

/** The same button pressed twice asks once, so each question has its own. */
const createQuestionButton = (stage: WelcomeStage, question: string): Button =>
  createButton({ text: question, action: `welcome_ask:${stage}`, value: question, style: 'primary' })

/** None where this workspace does not allow it. */
export const demoButtonsFor = (demo: DemoCard | undefined, style?: 'primary'): Button[] =>
  demo === undefined
    ? []
    : [createCommandButton(`Connect the ${demo.title.toLowerCase()}`, `connect ${demo.name}`, style)]

/** Answers a question before anything is connected. */
export const connectFirstMessage = (demo: DemoCard | undefined): MessageContent => {
  const title = demo === undefined ? 'a tool' : `the ${demo.title.toLowerCase()}`
  const buttons = demoButtonsFor(demo, 'primary')
  return {
    text: `Connect ${title} first.`,
    blocks: [
      sectionBlock(`Connect ${escapeMrkdwn(title)} first, then press the question again.`),
      actionsBlock([...buttons, createCommandButton('Connect a tool', 'connect')]),
    ],
  }
}

/** Answers who connects the demo database again: a second copy helps nobody. */
export function alreadyConnectedMessage(name: string, starters: string[]): MessageContent {
  const text = `${name} is connected already. Ask me to use it.`
  const questions = starters.slice(0, 3)
  return {
    text,
    blocks: [
      sectionBlock(
        `*${escapeMrkdwn(name)}* is connected already. Ask me to use it${questions.length === 0 ? '.' : ', or begin with one of these:'}`,
      ),
      actionsBlock([
        ...questions.map((question, at) =>
          createButton({ text: question, action: `starter_ask:${at}`, value: question }),
        ),
        createCommandButton('Connect another tool', 'connect'),
      ]),
    ],
  }
}

export const createHelpButtons = () =>
  actionsBlock([
    createCommandButton('Connect a tool', 'connect', 'primary'),
    createCommandButton('Find a tool', 'search'),
    createCommandButton('My connections', 'list'),
  ])

/** Answers a message without text or files. */
export const helloMessage: MessageContent = {
  text: 'Hi! Tell me what you need, or connect a tool first.',
  blocks: [sectionBlock('Hi! Tell me what you need, or connect a tool first.'), createHelpButtons()],
}

/** Stands under an answer to a person without connections. */
export function connectOfferMessage(demo: DemoCard | undefined): MessageContent {
  const text = 'You have no tools connected yet. Connect one, and I can work with it for you.'
  const buttons = [...demoButtonsFor(demo, 'primary'), createCommandButton('Connect a tool', 'connect')]
  return { text, blocks: [contextBlock(text), actionsBlock(buttons)] }
}

/** The same offer once it was taken. */
export function offerTakenMessage(name: string, run: string | undefined): MessageContent {
  const text = `✅ ${name} is connected.`
  const again =
    run === undefined ? [] : [actionsBlock([createButton({ text: 'Ask again', action: 'run_again', value: run })])]
  return { text, blocks: [contextBlock(`✅ *${escapeMrkdwn(name)}* is connected.`), ...again] }
}
