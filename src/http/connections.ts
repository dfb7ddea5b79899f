import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;

/** The connections of a server, and what is asked on each. */
export class Connections {
  private readonly asked = new Map<Socket, IncomingMessage | undefined>();

  watch(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.asked.set(socket, undefined);
      socket.once('close', () => this.asked.delete(socket));
    });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const { socket } = request;
      this.asked.set(socket, request);
      response.once('close', () => {
        if (this.asked.get(socket) === request) this.asked.set(socket, undefined);
      });
    });
  }

  /**
   * Resolves when no request is on its way any more, or when it has taken too long: then those are cut that have not sent
   * a whole request. New ones are still answered meanwhile.
   */
  async drained(server: Server, patienceMs: number): Promise<void> {
    const deadline = performance.now() + patienceMs;
    while (performance.now() < deadline) {
      server.closeIdleConnections();
      if (this.asked.size === 0) return;
      await delay(POLL_MS);
    }
    for (const [socket, request] of this.asked) if (!request?.complete) socket.destroy();
  }
}
