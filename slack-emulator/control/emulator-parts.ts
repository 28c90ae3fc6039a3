import type { EventQueue } from '../delivery/event-queue.ts'
import type { FaultInjection } from '../delivery/fault-injection.ts'
import type { SocketControl } from '../delivery/socket-mode.ts'
import type { TrafficLog } from '../delivery/traffic-log.ts'
import type { Transport } from '../delivery/transport.ts'
import type { RateLimits } from '../web-api/rate-limits.ts'
import type { FileContents } from '../workspace/file-contents.ts'
import type { ModalStacks } from '../workspace/modal-stacks.ts'
import type { ResponseUrls } from '../workspace/response-urls.ts'
import type { TriggerIds } from '../workspace/trigger-ids.ts'
import type { Workspace } from '../workspace/workspace.ts'

/** What the control API acts on. */
export type EmulatorParts = {
  workspace: Workspace
  transport: Transport
  /** Undefined in HTTP mode. */
  socket: SocketControl | undefined
  modals: ModalStacks
  triggers: TriggerIds
  responses: ResponseUrls
  faults: FaultInjection
  limits: RateLimits
  fileContents: FileContents
  events: Pick<EventQueue, 'send' | 'redeliver' | 'deliveries'>
  traffic: TrafficLog
}
