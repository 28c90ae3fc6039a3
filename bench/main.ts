import { burst } from './burst.ts'
import { checks } from './checks.ts'
import { codeStats } from './code-stats.ts'
import { filesEntered } from './files-entered.ts'
import { firstWords } from './first-words.ts'
import { mcp } from './mcp.ts'
import { memory } from './memory.ts'
import { page } from './page.ts'
import { perCall } from './per-call.ts'
import { runsPerSecond } from './runs-per-second.ts'
import { starts } from './starts.ts'
import { templates } from './templates.ts'

/** `npm run bench` runs all; `npm run bench -- starts per-call` some. */
const BENCHES: Record<string, () => Promise<string[]>> = {
  starts,
  memory,
  mcp,
  burst,
  'first-words': firstWords,
  'per-call': perCall,
  checks,
  'runs-per-second': runsPerSecond,
  templates,
  page,
  code: codeStats,
  'files-entered': filesEntered,
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in BENCHES))
if (unknown.length > 0) {
  console.error(`There is no bench called ${unknown.join(', ')}. There are: ${Object.keys(BENCHES).join(', ')}.`)
  process.exit(1)
}
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  console.log(`\n${name}`)
  for (const line of await bench()) console.log(`  ${line}`)
}
process.exit(0)
