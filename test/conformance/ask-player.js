// The suite starts a process for each scenario. This one hands the scenario to the test, where the client is loaded already.
const [, , player, url] = process.argv
const { MCP_CONFORMANCE_SCENARIO: scenario, MCP_CONFORMANCE_CONTEXT: context } = process.env
const response = await fetch(player, { method: 'POST', body: JSON.stringify({ url, scenario, context }) })
if (!response.ok) {
  process.stderr.write(await response.text())
  process.exitCode = 1
}
