/**
 * Runs one scenario: `node run.ts FILE NAME`, the context in the environment.
 *
 * @module
 */
const [file, name] = process.argv.slice(2) as [string, string];
const scenarios = (await import(`../scenarios/${file}.ts`)) as Record<string, (context: unknown) => unknown>;
const scenario = scenarios[name];
if (scenario === undefined) throw new Error(`there is no scenario ${name} in ${file}`);
const result = await scenario(JSON.parse(process.env['SCENARIO'] as string));
await new Promise((written) => process.stdout.write(`RESULT ${JSON.stringify(result ?? null)}\n`, written));
// Whoever was asked to tell something leaves standard input open.
process.stdin.unref();
