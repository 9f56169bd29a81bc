/**
 * The command line: one file per command, each turns arguments into calls of the parts above and their answers into
 * text. `run` is the whole of it; terminal and table also serve the quickstart.
 */
export { EXIT, type ExitCode } from "./exit-codes.ts";
export { run } from "./program.ts";
export { type Cell, renderTable, type TableOptions } from "./table.ts";
export { printable, processTerminal, type Styles, type Terminal } from "./terminal.ts";
