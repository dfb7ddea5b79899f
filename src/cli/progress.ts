import { SingleBar } from 'cli-progress';

/** A line so often where there is no terminal. */
const LINE_EVERY_MS = 1_000;

/** How far long work is: a bar on a terminal, lines elsewhere, as JSON where asked; always on standard error. */
export interface Progress {
  /** `total`: where there is more to do by now. */
  at(done: number, total?: number): void;
  end(): void;
}

/** `total` may be 0 where it is not known. */
export function startProgress(what: string, total: number, json = false): Progress {
  if (process.stderr.isTTY && !json) return bar(what, total);
  return lines(total, (figures) => {
    process.stderr.write(json ? `${JSON.stringify({ what, ...figures })}\n` : plain(what, figures));
  });
}

/** How far, how fast and how long still. */
interface Figures {
  readonly done: number;
  readonly total: number;
  readonly ratePerSecond: number;
  readonly secondsLeft: number;
}

/** `sinceMs`: how long it has taken so far. */
function figures(done: number, total: number, sinceMs: number): Figures {
  const rate = sinceMs > 0 ? (done / sinceMs) * 1_000 : 0;
  const left = rate > 0 ? Math.max(0, total - done) / rate : 0;
  return { done, total, ratePerSecond: Math.round(rate), secondsLeft: Math.ceil(left) };
}

function bar(what: string, total: number): Progress {
  const known = '{bar} {percentage} % | {value} of {total} | {rate}/s | {eta_formatted} left';
  const bar = new SingleBar({
    format: `${what} ${total > 0 ? known : '{value} | {rate}/s'}`,
    stream: process.stderr,
  });
  const began = Date.now();
  bar.start(total, 0, { rate: 0 });
  return {
    at: (done, total) => {
      if (total !== undefined) bar.setTotal(total);
      bar.update(done, { rate: figures(done, 0, Date.now() - began).ratePerSecond });
    },
    end: () => {
      bar.stop();
    },
  };
}

function lines(total: number, write: (figures: Figures) => void): Progress {
  const began = Date.now();
  let written = began;
  let unwritten: (() => void) | undefined;
  return {
    at: (done, current = total) => {
      const now = Date.now();
      unwritten = () => {
        write(figures(done, current, now - began));
      };
      if (now - written < LINE_EVERY_MS) return;
      written = now;
      unwritten();
      unwritten = undefined;
    },
    end: () => {
      if (written > began) unwritten?.();
    },
  };
}

function plain(what: string, { done, total, ratePerSecond, secondsLeft }: Figures): string {
  const of = total > 0 ? ` of ${total}` : '';
  const left = total > 0 ? `, ${secondsLeft} s left` : '';
  return `${what}: ${done}${of}, ${ratePerSecond}/s${left}\n`;
}
