#!/usr/bin/env node
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { SettingsError } from '../config.js';
import { auditCommand } from './audit.command.js';
import { dayCloseCommand } from './day-close.command.js';
import { demoCommand } from './demo.command.js';
import { doctorCommand } from './doctor.command.js';
import { exportCommand } from './export.command.js';
import { importCommand } from './import.command.js';
import { LayoutError } from './import-rows.js';
import { rebuildCommand } from './rebuild.command.js';
import { replayCommand } from './replay.command.js';
import { restoreCommand } from './restore.command.js';
import { keysCommand } from './keys.command.js';
import { skipCommand } from './skip.command.js';
import { InterruptedError, UsageError } from './tool.js';
import { verifyCommand } from './verify.command.js';

/** Exit codes of every verb: 0 done, 1 found a fault, 2 wrong usage, 129, 130 and 143 interrupted. */
const USAGE = 2;
const FAULT = 1;

/** As far from the bundle as from here. */
const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

const program = new Command('ledger')
  .description("the operator's tool of Tillbook")
  .version(version, '--version', 'print the version')
  .addCommand(importCommand())
  .addCommand(demoCommand())
  .addCommand(dayCloseCommand())
  .addCommand(exportCommand())
  .addCommand(restoreCommand())
  .addCommand(keysCommand())
  .addCommand(rebuildCommand())
  .addCommand(skipCommand())
  .addCommand(auditCommand())
  .addCommand(verifyCommand())
  .addCommand(replayCommand())
  .addCommand(doctorCommand());
throwInsteadOfExit(program);

// Whoever reads what is printed may have had enough before its end: what a verb finds is in its exit code, too.
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') return;
  writeSync(process.stderr.fd, `what is printed can't be written: ${message}\n`);
  process.exit(FAULT);
});
process.stderr.on('error', () => undefined);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) throwInsteadOfExit(inner);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  console.error((error as Error).message);
  if (error instanceof InterruptedError) return error.exitCode;
  const isUsage = [SettingsError, LayoutError, UsageError].some((known) => error instanceof known);
  return isUsage ? USAGE : FAULT;
}
