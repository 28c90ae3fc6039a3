import { startOwnDatabase } from '../support/own-database.ts'
import { soak } from './soak.ts'

const SECONDS = 1_800

/** `npm run soak [seconds] [seed]`: one half over HTTP, one in Socket Mode. */
const [seconds = SECONDS, seed = 1] = process.argv.slice(2).map(Number)
let problems = 0
for (const mode of ['http', 'socket'] as const) {
  await using database = await startOwnDatabase()
  console.log(`\n${mode}, ${seconds / 2} s, seed ${seed}`)
  const report = await soak({
    seed,
    seconds: seconds / 2,
    mode,
    databaseUrl: database.url,
    say: (line) => console.log(`  ${line}`),
  })
  console.log(JSON.stringify(report, null, 2))
  problems += report.problems.length
}
console.log(problems === 0 ? 'The soak found nothing.' : `The soak found ${problems} problems.`)
process.exit(problems === 0 ? 0 : 1)
