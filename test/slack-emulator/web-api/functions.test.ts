import { expect, it } from 'vitest'
import { z } from 'zod'
import { startStubApp } from '../../support/stub-app.ts'
import { controls, until } from '../emulator-with-bolt.ts'
import { ASK_AGENT, manifestWith } from '../manifest-with.ts'

const Executed = z.object({
  event: z.looseObject({
    type: z.literal('function_executed'),
    function_execution_id: z.string(),
    bot_access_token: z.string(),
  }),
})
const INPUTS = { text: 'how many?', user: 'member', channel: 'ops' }

async function begin(changes: Parameters<typeof manifestWith>[0] = {}) {
  const app = await startStubApp()
  app.slack.setManifest(manifestWith({ functions: ASK_AGENT, events: ['function_executed'], ...changes }))
  const people = controls(app.slack)
  const heard = () => app.heard.flatMap((one) => Executed.safeParse(one).data?.event ?? [])
  const run = (inputs: object = INPUTS) => people.act('run-step', { as: 'member', callback_id: 'ask_agent', inputs })
  const started = async () => {
    await run()
    return until(() => heard().at(-1))
  }
  const executions = () => people.look('executions', {})
  return { app, people, heard, run, started, executions, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}

it('a step that is run comes as function_executed, with its inputs and what it is', async () => {
  await using world = await begin()
  const event = await world.started()
  expect(event).toMatchObject({
    function: {
      callback_id: 'ask_agent',
      title: 'Ask an agent',
      type: 'app',
      app_id: 'APATCHB1',
      input_parameters: [
        { name: 'text', type: 'string', is_required: true },
        { name: 'user', type: 'slack#/types/user_id', is_required: true },
        { name: 'channel', type: 'slack#/types/channel_id', is_required: false },
      ],
      output_parameters: [
        { name: 'answer', is_required: true },
        { name: 'cost', is_required: false },
      ],
    },
    inputs: { text: 'how many?', user: 'UMEMBER1', channel: 'COPS00001' },
    function_execution_id: expect.stringMatching(/^Fx/),
    workflow_execution_id: expect.stringMatching(/^Wx/),
    bot_access_token: expect.stringMatching(/^xwfp-/),
  })
  expect(await world.executions()).toMatchObject({ executions: [{ status: 'running', title: 'Ask an agent' }] })
  expect(JSON.stringify(await world.executions())).not.toContain('xwfp-')
})

it('it ends once, with outputs that fit', async () => {
  await using world = await begin()
  const { function_execution_id } = await world.started()
  const end = (outputs: object) => world.app.ask('functions.completeSuccess', { function_execution_id, outputs })
  for (const [outputs, words] of [
    [{}, 'answer'],
    [{ answer: '' }, 'answer'],
    [{ answer: 5 }, 'type string'],
    [{ answer: 'x', cost: 'much' }, 'type number'],
    [{ answer: 'x', other: 1 }, 'other'],
  ] as const) {
    const refused = await end(outputs)
    expect(refused, JSON.stringify(outputs)).toMatchObject({ error: 'parameter_validation_failed' })
    expect(JSON.stringify(refused.response_metadata)).toContain(words)
  }
  expect(await end({ answer: 'Three.', cost: 0.2 })).toEqual({ ok: true })
  expect(await world.executions()).toMatchObject({
    executions: [{ status: 'completed', outputs: { answer: 'Three.', cost: 0.2 } }],
  })
  expect(await end({ answer: 'Four.' })).toEqual({ ok: false, error: 'execution_not_in_running_state' })
  const late = await world.app.ask('functions.completeError', { function_execution_id, error: 'no' })
  expect(late).toEqual({ ok: false, error: 'execution_not_in_running_state' })
})

it('it fails with words, and an execution that nobody knows is not found', async () => {
  await using world = await begin()
  const { function_execution_id } = await world.started()
  const fail = (given: Record<string, unknown>) => world.app.ask('functions.completeError', given)
  expect(await fail({ function_execution_id: 'FxNOBODY', error: 'x' })).toEqual({
    ok: false,
    error: 'function_execution_not_found',
  })
  expect(await fail({ function_execution_id })).toMatchObject({ error: 'invalid_arguments' })
  expect(await fail({ function_execution_id, error: 'No such agent.' })).toEqual({ ok: true })
  expect(await world.executions()).toMatchObject({ executions: [{ status: 'failed', error: 'No such agent.' }] })
})

it('the token of the event is good until the step ends', async () => {
  await using world = await begin()
  const { function_execution_id, bot_access_token } = await world.started()
  const call = async (method: string, body: object) => {
    const headers = { authorization: `Bearer ${bot_access_token}`, 'content-type': 'application/json' }
    const answer = await fetch(`${world.app.slack.apiUrl}${method}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    return answer.json()
  }
  expect(await call('chat.postMessage', { channel: 'CGENERAL1', text: 'x' })).toMatchObject({ ok: true })
  expect(await call('functions.completeSuccess', { function_execution_id, outputs: { answer: 'x' } })).toEqual({
    ok: true,
  })
  expect(await call('chat.postMessage', { channel: 'CGENERAL1', text: 'x' })).toMatchObject({ error: 'token_revoked' })
})

it.each([
  ['what is needed is missing', { text: 'x' }, 'user'],
  ['a person is not there', { text: 'x', user: 'nobody' }, 'nobody'],
  ['a channel is not there', { text: 'x', user: 'member', channel: 'nowhere' }, 'nowhere'],
  ['there is no such input', { ...INPUTS, more: 'x' }, 'more'],
])('the step does not run where %s', async (_, inputs, words) => {
  await using world = await begin()
  const answer = await world.run(inputs)
  expect([400, 409]).toContain(answer.status)
  expect(JSON.stringify(answer)).toContain(words)
  expect(await world.executions()).toMatchObject({ executions: [] })
})

it('an app that is not ready for organizations has no steps', async () => {
  await using world = await begin({ isForOrganizations: false })
  const answer = await world.run()
  expect(answer.status).toBe(409)
  expect(JSON.stringify(answer)).toContain('org_deploy_enabled')
})

it('without the subscription the app hears nothing, and the step goes on', async () => {
  await using world = await begin({ events: [] })
  expect(await world.run()).toMatchObject({ status: 200 })
  await world.people.act('say', { as: 'member', channel: 'general', text: '@patchbay later' })
  await until(() => JSON.stringify(world.app.heard).includes('later'))
  expect(world.heard()).toEqual([])
  expect(await world.executions()).toMatchObject({ executions: [{ status: 'running' }] })
})

it('parameters may stand in the older form of the manifest, too', async () => {
  const input = { type: 'string', title: 'Question', name: 'text', is_required: true }
  const functions = {
    ask_agent: { title: 'Ask', description: '', input_parameters: { text: input }, output_parameters: {} },
  }
  await using world = await begin({ functions })
  expect(await world.run({})).toMatchObject({ status: 400 })
  expect(await world.run({ text: 'x' })).toMatchObject({ status: 200 })
})
