import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../errors.ts'

/**
 * What the owner of a real workspace would do on the first day: names the approver, through the same door as anybody.
 * Done once per folder; later it is the owner's to change.
 */
export async function nameApprover(slack: { url: string }, folder: string): Promise<void> {
  const done = join(folder, 'approver-named')
  if (existsSync(done)) return
  const answer = await fetch(`${slack.url}/local/command`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ as: 'owner', channel: 'dm', text: 'approvers @approver' }),
  })
  if (!answer.ok)
    throw new AppError(
      'slack_failed',
      'The local workspace could not be set up: its owner could not name the approver.',
    )
  await writeFile(done, '')
}
