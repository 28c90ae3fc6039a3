import type { ProjectFeature } from './project-settings.ts'

const AUTH_TOOLS = ['list_users', 'get_user']
const STORAGE_TOOLS = ['list_buckets', 'list_files', 'read_file', 'upload_file']

/** Which part of a project a tool is for. */
export function toolFeatureOf(tool: string): ProjectFeature {
  if (AUTH_TOOLS.includes(tool)) return 'auth'
  return STORAGE_TOOLS.includes(tool) ? 'storage' : 'database'
}
