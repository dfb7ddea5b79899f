import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Ticks of a second in /proc. */
const TICKS = 100;

/** As `npm start` starts the service. */
const FLAGS = ['--max-semi-space-size=64'];

/** A server in a process of its own; it says its address on a line of its own. */
export async function startServer(script, environment = {}) {
  const child = spawn(process.execPath, [...FLAGS, here(script)], {
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'error', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill());
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/[\d.:]+/.exec(line)?.[0];
    if (url) return server(child, url);
  }
  throw new Error(`${script} did not start`);
}

function server(child, url) {
  return {
    url,
    /** Processor time of all its threads so far; undefined where the system does not tell. */
    cpuSeconds: () => cpuSecondsOf(child.pid),
    /** The most memory it ever had; undefined where the system does not tell. */
    peakMemoryMb() {
      const peak = /VmHWM:\s+(\d+)/.exec(procFile(child.pid, 'status') ?? '')?.[1];
      return peak === undefined ? undefined : Math.round(Number(peak) / 1_024);
    },
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

export function cpuSecondsOf(pid) {
  const stat = procFile(pid, 'stat');
  if (stat === undefined) return undefined;
  // What follows the name, which may have blanks, begins with field 3: utime is 14, stime 15 (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[14 - 3]) + Number(fields[15 - 3])) / TICKS;
}

function procFile(pid, name) {
  const file = `/proc/${pid}/${name}`;
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Gives what a script sends back about one message; the process ends with it. */
export async function runScript(script, message) {
  const sender = startSender(script);
  try {
    return await sender.send(message);
  } finally {
    sender.stop();
  }
}

/** A script that answers messages one by one. */
export function startSender(script) {
  const child = fork(here(script));
  const gone = once(child, 'exit').then(([code]) => ({ error: `${script} ended with ${code}` }));
  return {
    async send(message) {
      const answered = once(child, 'message').then(([answer]) => answer);
      child.send(message);
      const { figures, error } = await Promise.race([answered, gone]);
      if (error !== undefined) throw new Error(error);
      return figures;
    },
    stop() {
      child.disconnect();
    },
  };
}
