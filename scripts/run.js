// Runs a TypeScript file of Patchbay's. Plain JavaScript, as it has to say what is missing on whichever Node the machine has.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const MINIMUM = 24
const version = process.versions.node

if (Number(version.split('.')[0]) < MINIMUM) {
  // The option installs the Node that package.json names also where install scripts are switched off.
  end(
    `Patchbay needs Node ${MINIMUM} or newer, and this is Node ${version}: its own Node is missing, as when install scripts are switched off. Run \`npm rebuild node --ignore-scripts=false\`, then try again.`,
  )
} else {
  process.argv.splice(1, 2, resolve(process.argv[2]))
  import(pathToFileURL(process.argv[1]).href).catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND') throw error
    end('A package that Patchbay needs is missing or incomplete. Run `npm ci`, then try again.')
  })
}

function end(words) {
  console.error(words)
  process.exit(1)
}
