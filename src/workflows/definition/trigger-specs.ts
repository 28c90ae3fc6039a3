import type { WorkflowDefinition } from '../workflow.ts'

type Trigger = NonNullable<WorkflowDefinition['on']>[number]
type Fields<K extends keyof Trigger> = Exclude<Trigger[K], undefined | true>

/** What makes a workflow start, told apart by its kind. */
export type TriggerSpec =
  | ({ kind: 'schedule' } & Fields<'schedule'>)
  | ({ kind: 'reaction' } & Fields<'reaction'>)
  | ({ kind: 'message' } & Fields<'message'>)
  | ({ kind: 'resource' } & Fields<'resource'>)
  | { kind: 'shortcut' | 'webhook' | 'builder' }

export const triggerSpecsOf = ({ on = [] }: Pick<WorkflowDefinition, 'on'>): TriggerSpec[] => on.flatMap(specsOf)

function specsOf({ schedule, reaction, message, resource, shortcut, webhook, builder }: Trigger): TriggerSpec[] {
  return [
    ...(schedule === undefined ? [] : [{ kind: 'schedule' as const, ...schedule }]),
    ...(reaction === undefined
      ? []
      : [{ kind: 'reaction' as const, ...reaction, emoji: reaction.emoji.replaceAll(':', '') }]),
    ...(message === undefined ? [] : [{ kind: 'message' as const, ...message }]),
    ...(resource === undefined ? [] : [{ kind: 'resource' as const, ...resource }]),
    ...(shortcut === undefined ? [] : [{ kind: 'shortcut' as const }]),
    ...(webhook === undefined ? [] : [{ kind: 'webhook' as const }]),
    ...(builder === undefined ? [] : [{ kind: 'builder' as const }]),
  ]
}
