import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { storeSettings } from './tillbook.js';

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
  const settings = { ...storeSettings(folder), PATH: process.env['PATH'], ...env };
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env: settings });
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
