import type { FastifyReply, FastifyRequest } from 'fastify';
import { once } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** How long a stream waits. */
export interface Waits {
  /** The connection of an event stream on which nothing else happens is kept alive with a comment so often. */
  readonly heartbeatMs: number;
  /** A reader that takes nothing for so long is dropped. */
  readonly patienceMs: number;
  /** It is asked so often whether the reader may go on. */
  readonly askMs: number;
}

const WAITS: Waits = { heartbeatMs: 15_000, patienceMs: 30_000, askMs: 1_000 };

/** One message of a text/event-stream. */
export interface ServerEvent {
  /** Sent back as Last-Event-ID by a reader that comes again. */
  readonly id?: string;
  readonly event: string;
  readonly data: string;
}

/**
 * Answers that go on: each is as fast as its reader, and ends when the reader leaves or may not read any more, or the
 * service stops.
 */
export class Streams {
  private readonly open = new Set<AbortController>();
  /** Those that an answer is still awaited for. */
  private readonly asked = new Set<AbortController>();
  private hasEnded = false;

  constructor(
    private readonly mayGoOn: (request: FastifyRequest) => Promise<boolean>,
    private readonly waits = WAITS,
  ) {}

  /** Texts as they come, read no faster than they are taken; one that is not taken is broken off. */
  text(
    reply: FastifyReply,
    contentType: string,
    source: (signal: AbortSignal) => AsyncIterable<string>,
  ): FastifyReply {
    const ending = this.begin(reply);
    const stream = Readable.from(source(ending.signal), { objectMode: false });
    if (reply.raw.destroyed) stream.destroy();
    reply.raw.setTimeout(this.waits.patienceMs, () => {
      if (reply.raw.writableNeedDrain) ending.abort(new Error('the reader takes nothing'));
    });
    ending.signal.addEventListener('abort', () => {
      // Where nothing of it is sent yet, the end of the stream alone would be answered with a fault.
      if (!reply.raw.headersSent) reply.raw.destroy();
      stream.destroy();
    });
    return reply.type(contentType).send(stream);
  }

  /** Events as they come. At most one batch waits for a slow reader, and not for long. */
  async events(
    reply: FastifyReply,
    source: (signal: AbortSignal) => AsyncIterable<readonly ServerEvent[]>,
  ): Promise<void> {
    reply.hijack();
    const { raw } = reply;
    const ending = this.begin(reply);
    const { signal } = ending;
    if (raw.destroyed) return;
    // It would never end by itself, and the service with it.
    if (this.hasEnded) ending.abort(new Error('the service stops'));
    raw.writeHead(200, {
      ...(reply.getHeaders() as OutgoingHttpHeaders),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    raw.flushHeaders();
    if (reply.request.method === 'HEAD') {
      raw.end();
      return;
    }
    const heartbeat = setInterval(() => raw.write(':\n\n'), this.waits.heartbeatMs);
    try {
      for await (const batch of source(signal)) {
        if (signal.aborted) break;
        if (batch.length > 0) await this.taken(raw, batch.map(eventText).join(''), signal);
      }
      raw.end();
    } catch (error) {
      if (!signal.aborted) reply.log.warn({ err: error }, 'an event stream was ended');
      raw.destroy();
    } finally {
      clearInterval(heartbeat);
    }
  }

  /** Ends what is under way: to be called when the service stops. */
  end(): void {
    this.hasEnded = true;
    for (const ending of this.open) ending.abort(new Error('the service stops'));
  }

  /** Resolves once there is room for more. @throws Error when the reader takes too long */
  private async taken(raw: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
    if (raw.write(text)) return;
    const patience = AbortSignal.timeout(this.waits.patienceMs);
    await once(raw, 'drain', { signal: AbortSignal.any([signal, patience]) });
  }

  private begin(reply: FastifyReply): AbortController {
    const ending = new AbortController();
    this.open.add(ending);
    const asking = setInterval(() => void this.ask(reply, ending), this.waits.askMs);
    const end = (): void => {
      this.open.delete(ending);
      clearInterval(asking);
      ending.abort(new Error('the reader has left'));
    };
    if (reply.raw.destroyed) end();
    else reply.raw.once('close', end);
    return ending;
  }

  /** A store that is away can't tell: then the reader gets nothing new either. */
  private async ask({ request, log }: FastifyReply, ending: AbortController): Promise<void> {
    if (this.asked.has(ending)) return;
    this.asked.add(ending);
    try {
      if (!(await this.mayGoOn(request))) ending.abort(new Error('the reader may not go on'));
    } catch (error) {
      log.warn({ err: error }, 'it could not be asked whether a reader may go on');
    } finally {
      this.asked.delete(ending);
    }
  }
}

function eventText({ id, event, data }: ServerEvent): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;
}
