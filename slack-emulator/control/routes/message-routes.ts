import { z } from 'zod'
import type { EmulatorParts } from '../emulator-parts.ts'
import { AppPost, postAsApp } from '../messages/app-post.ts'
import {
  Delete,
  deleteMessage,
  Edit,
  editMessage,
  Lock,
  lockThread,
  Unfurl,
  unfurlLink,
} from '../messages/edit-and-delete.ts'
import { Forward, forwardMessage } from '../messages/forward.ts'
import { React, reactAs } from '../messages/react.ts'
import { Say, say } from '../messages/say.ts'
import { uploadFiles } from '../messages/upload.ts'
import { type Route, route } from './route.ts'

/** What people and other apps do with messages. */
export function createMessageRoutes(parts: EmulatorParts): Record<string, Route> {
  return {
    say: route(Say, (input) => say(parts, input)),
    upload: route(z.record(z.string(), z.unknown()), (input) => uploadFiles(parts, input)),
    edit: route(Edit, (input) => editMessage(parts, input)),
    delete: route(Delete, (input) => deleteMessage(parts, input)),
    forward: route(Forward, (input) => forwardMessage(parts, input)),
    unfurl: route(Unfurl, (input) => unfurlLink(parts, input)),
    react: route(React, (input) => reactAs(parts, input)),
    lock: route(Lock, (input) => lockThread(parts, input)),
    'app-post': route(AppPost, (input) => postAsApp(parts, input)),
  }
}
