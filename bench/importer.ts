/**
 * A process that imports the modules it is given and reports the processor time that took, in milliseconds. One process
 * an import: a module is loaded once in a process.
 *
 * @module
 */
const { user: userBefore, system: systemBefore } = process.cpuUsage();
for (const url of process.argv.slice(2)) await import(url);
const { user, system } = process.cpuUsage();
process.send?.((user - userBefore + system - systemBefore) / 1000);
