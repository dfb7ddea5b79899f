import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;

/** Clients that have asked within so long go on to, on connections of their own where they keep none. */
const QUIET_MS = 250;

/** Requests that have begun when no more connections are taken may come to their end for so long. */
const LAST_REQUESTS_MS = 1_000;

/** A connection on which nothing has come for so long is at rest. */
const REST_MS = 500;

/** For how long new connections are answered though there are none, and at the most. */
export interface Patience {
  readonly leastMs: number;
  readonly mostMs: number;
}

/** What is asked on a connection, or since when nothing is, and how much of it had been read by then. */
type Standing =
  | { readonly request: IncomingMessage; readonly response: ServerResponse }
  | { readonly since: number; readonly read: number };

/** The connections of a server, and what is asked on each. */
export class Connections {
  private readonly standings = new Map<Socket, Standing>();
  private isEnding = false;
  private askedAt = -Infinity;

  watch(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.rest(socket);
      socket.once('close', () => this.standings.delete(socket));
    });
    // Before the server's own listener, which may answer at once.
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      this.askedAt = performance.now();
      const { socket } = request;
      const standing = { request, response };
      this.standings.set(socket, standing);
      if (this.isEnding) endWith(response);
      response.once('close', () => {
        if (this.standings.get(socket) === standing) this.rest(socket);
      });
    });
    server.once('close', () => (this.isEnding = false));
  }

  /**
   * Lets connections end: each with its next answer, which says so, and those at rest at once. One that were closed between an
   * answer and the next request would take that with it, and its sender could not know whether it was carried out.
   * New ones are answered meanwhile, until there are none and nobody has asked for a moment, or it has taken too long; then no
   * more are taken. Resolves when all that came has a whole request, or has had some time for it: those that have not are cut.
   */
  async drained(server: Server, { leastMs, mostMs }: Patience): Promise<void> {
    const begunAt = performance.now();
    this.isEnding = true;
    for (const standing of this.standings.values()) {
      if ('response' in standing) endWith(standing.response);
    }
    void this.closeThoseAtRest();
    await within(mostMs, () => {
      const quietAt = Math.max(begunAt + leastMs, this.askedAt + QUIET_MS);
      return this.standings.size === 0 && performance.now() >= quietAt;
    });
    server.close();
    await within(LAST_REQUESTS_MS, () => this.standings.size === 0);
    for (const [socket, standing] of this.standings) {
      if (!('request' in standing && standing.request.complete)) socket.destroy();
    }
  }

  private rest(socket: Socket): void {
    this.standings.set(socket, { since: performance.now(), read: socket.bytesRead });
  }

  /** Until the server is closed. */
  private async closeThoseAtRest(): Promise<void> {
    while (this.isEnding) {
      const restedSince = performance.now() - REST_MS;
      for (const [socket, standing] of this.standings) {
        if (!('since' in standing) || standing.since > restedSince) continue;
        if (socket.bytesRead === standing.read) socket.destroy();
      }
      await delay(POLL_MS);
    }
  }
}

function endWith(response: ServerResponse): void {
  if (!response.headersSent) response.shouldKeepAlive = false;
}

/** Resolves once it holds, or after so long. */
async function within(patienceMs: number, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!holds() && performance.now() < deadline) await delay(POLL_MS);
}
