import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterSuite, COMPILED_STORE, newFolder } from './store-folder.js';

/** A process with a store of its own, told what to do by a script in which `store` is open. */
export class StoreProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
  ) {}

  /** `script` writes lines to standard output; the process lives until it is killed. */
  static start(folder: string, script: string): StoreProcess {
    const code = `
      const { SqliteEventStore } = await import(${JSON.stringify(COMPILED_STORE)});
      setInterval(() => undefined, 1_000_000);
      const tell = (line) => process.stdout.write(line + '\\n');
      try {
        const store = await SqliteEventStore.open(${JSON.stringify(folder)}, 'thread');
        ${script}
      } catch (error) {
        tell(error.name + ': ' + error.message);
      }`;
    const file = join(newFolder(), 'process.mjs');
    writeFileSync(file, code);
    const child = spawn(process.execPath, [file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    const running = new StoreProcess(child, lines[Symbol.asyncIterator]());
    // A failed test leaves its process to this.
    afterSuite(() => running.kill());
    return running;
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the process did not start');
    return this.child.pid;
  }

  /** The next line that the script told; undefined when there will be none. */
  async line(): Promise<string | undefined> {
    const next = await this.lines.next();
    return next.done ? undefined : next.value;
  }

  /** Gives no time to put anything in order, and gives the whole lines told before it. */
  async kill(): Promise<string[]> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await ended;
    }
    const rest: string[] = [];
    for (let line = await this.line(); line !== undefined; line = await this.line()) {
      rest.push(line);
    }
    return rest;
  }
}
