import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Keyring } from '../../src/access/keyring.js';
import { KeysCommandHandler } from '../../src/access/keys.command-handler.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { openEventStore } from '../../src/event-store/open-event-store.js';
import { systemClock } from '../../src/ledger/clock.js';
import { Journal } from '../../src/ledger/journal.js';
import { News } from '../../src/ledger/news.js';
import { MerchantDirectory } from '../../src/merchants/merchant-directory.js';
import { inNamespace } from './kurrentdb-namespace.js';
import { newFolder } from './store-folder.js';
import { namespaceOf, storeSettings } from './store-settings.js';

/** Bytes of some dozen commits. */
const SOME_EVENTS = 200_000;

const NOBODY = 65_534;

const MAIN = join(import.meta.dirname, '../../dist/bundle/ledger.js');

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

/** The same, to be told to end meanwhile. */
export function startTool(
  folder: string,
  args: readonly string[],
): { readonly run: Promise<ToolRun>; signal(name: NodeJS.Signals): void } {
  const child = start(folder, args, {});
  return { run: runOf(child), signal: (name) => child.kill(name) };
}

/** The same, as a user who owns nothing: only root can run it so. */
export async function runToolAsNobody(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ToolRun> {
  return runOf(start(folder, args, env, { uid: NOBODY, gid: NOBODY }));
}

/** The same, and nobody reads what it prints. */
export async function runToolUnread(folder: string, args: readonly string[]): Promise<ToolRun> {
  const child = start(folder, args, {});
  child.stdout.destroy();
  const [errors, [code]] = await Promise.all([
    text(child.stderr),
    once(child, 'exit') as Promise<[number]>,
  ]);
  return { code, out: '', errors };
}

/** The same, and what it prints goes into a file, of which the disk has room for 128 blocks of 512 bytes, or of 1024. */
export async function runToolOntoFullDisk(
  folder: string,
  args: readonly string[],
): Promise<ToolRun> {
  const file = join(newFolder(), 'out');
  const script = 'ulimit -f 128; out=$1; shift; exec "$@" > "$out"';
  const command = ['-c', script, 'sh', file, process.execPath, MAIN, ...args];
  return runOf(spawnIn(folder, 'sh', command));
}

/** The same, and what it prints is added to a file on a disk that has room for so many bytes more. */
export async function runToolOntoAlmostFullDisk(
  folder: string,
  args: readonly string[],
  room: number,
): Promise<ToolRun> {
  const file = join(newFolder(), 'out');
  const fill = `trap '' XFSZ; ulimit -f 20000; yes > "$out" 2> /dev/null; truncate -s -${room} "$out"`;
  const script = `out=$1; shift; ${fill}; exec "$@" >> "$out"`;
  const command = ['-c', script, 'sh', file, process.execPath, MAIN, ...args];
  return runOf(spawnIn(folder, 'sh', command));
}

/** The same, and not a byte of what it prints can be written. */
export async function runToolOntoNothing(
  folder: string,
  args: readonly string[],
): Promise<ToolRun> {
  const command = ['-c', 'exec "$@" > /dev/full', 'sh', process.execPath, MAIN, ...args];
  return runOf(spawnIn(folder, 'sh', command));
}

/** The same, and Ctrl-C pressed, or another signal sent, once it has written a good deal to the log of the folder. */
export async function interruptTool(
  folder: string,
  args: readonly string[],
  signal: NodeJS.Signals = 'SIGINT',
): Promise<ToolRun> {
  const child = start(folder, args, { EVENT_STORE_URL: `file:${folder}` });
  const run = runOf(child);
  const written = () => statSync(join(folder, 'log.db-wal'), { throwIfNoEntry: false })?.size ?? 0;
  while (child.exitCode === null && written() < SOME_EVENTS) await sleep(5);
  child.kill(signal);
  return run;
}

/** The same, and ended by SIGTERM once `holds`. */
export async function terminateTool(
  folder: string,
  args: readonly string[],
  holds: () => boolean,
): Promise<ToolRun> {
  const child = start(folder, args, {});
  const run = runOf(child);
  while (child.exitCode === null && !holds()) await sleep(1);
  child.kill('SIGTERM');
  return run;
}

/** The same, and Ctrl-C pressed as soon as it has printed something. */
export async function interruptPrinting(folder: string, args: readonly string[]): Promise<ToolRun> {
  const child = start(folder, args, {});
  child.stdout.once('data', () => child.kill('SIGINT'));
  return runOf(child);
}

function start(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  as: { readonly uid?: number; readonly gid?: number } = {},
) {
  return spawnIn(folder, process.execPath, [MAIN, ...args], env, as);
}

function spawnIn(
  folder: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  as: { readonly uid?: number; readonly gid?: number } = {},
) {
  const settings = { ...storeSettings(folder), PATH: process.env['PATH'], ...env };
  return spawn(command, args, { cwd: folder, env: settings, ...as });
}

async function runOf(child: ReturnType<typeof start>): Promise<ToolRun> {
  const [out, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { code, out, errors };
}

/** The log of a folder that no service has just now. */
export function openStoreOf(folder: string): Promise<EventStore> {
  const { EVENT_STORE_URL: url, VIEWS_DIR: viewsDir } = storeSettings(folder);
  const own = url.startsWith('file:') ? url : inNamespace(url, namespaceOf(folder));
  return openEventStore(own, 'inline', viewsDir);
}

/** An operator's key, made on a folder that no service has yet. */
export async function operatorKey(folder: string): Promise<string> {
  const store = await openStoreOf(folder);
  try {
    const journal = new Journal(store);
    const news = new News(store);
    const directory = new MerchantDirectory(journal, news);
    const keys = new KeysCommandHandler(
      journal,
      new Keyring(journal, news),
      directory,
      systemClock,
    );
    const added = await keys.add({ holder: { scope: 'operator' } }, { kind: 'operator' });
    if ('refusal' in added) throw new Error(added.refusal.detail.en);
    return added.answer.text;
  } finally {
    await store.close();
  }
}
