import { request } from 'node:http';
import type { TrailEventDto } from '../../src/audit/audit.controller.js';

/** Reads the sales of a live trail, one at a time. */
export class LiveReader {
  private text = '';
  private wake: () => void = () => undefined;
  private readonly request;

  constructor(url: string, lastEventId: string) {
    this.request = request(`${url}/v1/audit/events?type=Sale`, {
      headers: { accept: 'text/event-stream', 'last-event-id': lastEventId },
    });
    this.request.on('error', () => undefined);
    this.request.on('response', (response) => {
      response.on('data', (chunk: Buffer) => {
        this.text += chunk.toString();
        this.wake();
      });
    });
    this.request.end();
  }

  async next(): Promise<TrailEventDto> {
    for (;;) {
      const end = this.text.indexOf('\n\n');
      if (end === -1) {
        await new Promise<void>((resolve) => (this.wake = resolve));
        continue;
      }
      const message = this.text.slice(0, end);
      this.text = this.text.slice(end + 2);
      const data = /^data: (.*)$/m.exec(message)?.[1];
      if (data !== undefined) return JSON.parse(data) as TrailEventDto;
    }
  }

  close(): void {
    this.request.destroy();
  }
}
