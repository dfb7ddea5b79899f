import { SingleBar } from 'cli-progress';

const LINE_EVERY = 5_000;

/** How far long work is: a bar on a terminal, a line now and then elsewhere; always on standard error. */
export interface Progress {
  at(done: number): void;
  end(): void;
}

export function startProgress(what: string, total: number): Progress {
  if (!process.stderr.isTTY) return plainLines(what, total);
  const bar = new SingleBar({
    format: `${what} {bar} {percentage} % | {value} of {total} | {eta_formatted} left`,
    stream: process.stderr,
  });
  bar.start(total, 0);
  return {
    at: (done) => {
      bar.update(done);
    },
    end: () => {
      bar.stop();
    },
  };
}

function plainLines(what: string, total: number): Progress {
  return {
    at: (done) => {
      if (done % LINE_EVERY === 0) process.stderr.write(`${what}: ${done} of ${total}\n`);
    },
    end: () => undefined,
  };
}
