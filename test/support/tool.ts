import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { storeSettings } from './tillbook.js';

/** Bytes of some dozen commits. */
const SOME_EVENTS = 200_000;

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');

export interface ToolRun {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

/** Runs a verb of the operator's tool, as it is shipped, on a data folder. */
export async function runTool(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ToolRun> {
  return runOf(start(folder, args, env));
}

/** The same, and Ctrl-C pressed once it has written a good deal to the log of the folder. */
export async function interruptTool(folder: string, args: readonly string[]): Promise<ToolRun> {
  const child = start(folder, args, { EVENT_STORE_URL: `file:${folder}` });
  const run = runOf(child);
  const written = () => statSync(join(folder, 'log.db-wal'), { throwIfNoEntry: false })?.size ?? 0;
  while (child.exitCode === null && written() < SOME_EVENTS) await sleep(5);
  child.kill('SIGINT');
  return run;
}

function start(folder: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const settings = { ...storeSettings(folder), PATH: process.env['PATH'], ...env };
  return spawn(process.execPath, [MAIN, ...args], { cwd: folder, env: settings });
}

async function runOf(child: ReturnType<typeof start>): Promise<ToolRun> {
  const [out, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { code, out, errors };
}

/** A key made on a folder that no service has yet: `args` beside the scope. @throws Error with what the tool said */
export async function makeKey(
  folder: string,
  scope: string,
  args: readonly string[] = [],
): Promise<string> {
  const { code, out, errors } = await runTool(folder, [
    ...['keys', 'add', '--json', '--scope', scope],
    ...args,
  ]);
  if (code !== 0) throw new Error(errors);
  return (JSON.parse(out) as { key: string }).key;
}
