import type { Polling } from '../timing.ts'
import { createResourceWatcher, type ResourceWatcherDeps } from './features/resource-watcher.ts'
import { type ChangeNotesDeps, createChangeNotes } from './pins/change-notes.ts'

type WatcherDeps = Omit<ResourceWatcherDeps, 'tell'> &
  Omit<ChangeNotesDeps, 'tell'> & {
    connect: { sharedFile: Polling }
  }

type Tell = {
  announceResourceChange: ResourceWatcherDeps['tell']
  tellToolChanges: ChangeNotesDeps['tell']
}

/** Tells people of what changes at their servers: resources they watch, and tools. Connects what the operator's file says. */
export function createServerWatchers(deps: WatcherDeps, { announceResourceChange, tellToolChanges }: Tell) {
  const watcher = createResourceWatcher({ ...deps, tell: announceResourceChange })
  const changeNotes = createChangeNotes({ ...deps, tell: tellToolChanges })
  return {
    start() {
      watcher.start()
      changeNotes.start()
      deps.connect.sharedFile.start()
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([watcher[Symbol.asyncDispose](), changeNotes.stop(), deps.connect.sharedFile.stop()])
    },
  }
}
