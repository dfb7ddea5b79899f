import type { Outcome } from '../sales/sales.commands.js';

/** Is told what became of each command. */
export type CommandDone = (kind: string, outcome: Outcome<unknown>) => void;

/** Its name where it is injected. */
export const COMMAND_DONE = Symbol('CommandDone');
