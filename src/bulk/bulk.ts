import type { FastifyBaseLogger } from 'fastify';
import { strangeTo } from '../access/borders.js';
import type { Caller } from '../access/caller.js';
import { StoreUnavailableError } from '../event-store/event-store.js';
import { body } from '../http/checked.pipe.js';
import type { Metrics } from '../http/metrics.js';
import { exactText, parseExactly } from '../http/json.js';
import { malformed, type Problem, problems, type Reply, sendProblem } from '../http/problem.js';
import { problemFor } from '../http/problem.filter.js';
import { requestName } from '../ledger/domain/request-name.js';
import { OneAtATime } from '../ledger/one-at-a-time.js';
import { GiveBackBody, SaleBody } from '../sales/sales.dto.js';
import type { TerminalRequests } from '../sales/terminal-requests.js';
import { InOrder } from './in-order.js';
import { type Line, LineReader } from './lines.js';

const MAX_COMMANDS = 10_000;
const MAX_LINE_BYTES = 64 * 1024;

const saleBody = body(SaleBody);
const giveBackBody = body(GiveBackBody);
const asBody = { type: 'body' } as const;

/** The operationId of the route that does the same as a line. */
const ROUTES = {
  sale: 'takeSale',
  void: 'voidSale',
  refund: 'refundSale',
  reversal: 'reverseSale',
} as const;

interface Sender {
  readonly caller: Caller;
  /** Whether the caller's key still opens anything. */
  readonly isAdmitted: () => Promise<boolean>;
  /** Whether the service stops, and is about to cut off what has not come whole. */
  readonly isCutting: () => boolean;
  readonly log: FastifyBaseLogger;
}

/** Commands line by line, each as the route of its own would do it. */
export class Bulk {
  /** Lines about one sale, in the order they came. */
  private readonly turns = new OneAtATime();

  constructor(
    private readonly requests: TerminalRequests,
    private readonly metrics: Metrics,
  ) {}

  /** The answers of what is sent, in order; what is sent is read no faster than its answers are taken. */
  answers(sent: AsyncIterable<Buffer>, sender: Sender): AsyncGenerator<string> {
    const inOrder = new InOrder();
    void this.read(sent, sender, inOrder).then(
      () => {
        inOrder.end();
      },
      (error: unknown) => {
        if (isHangUp(error)) sender.log.info('the sender of a bulk has hung up');
        inOrder.end(isHangUp(error) ? undefined : error);
      },
    );
    return inOrder.texts();
  }

  private async read(sent: AsyncIterable<Buffer>, sender: Sender, inOrder: InOrder): Promise<void> {
    const reader = new LineReader(MAX_LINE_BYTES);
    let commands = 0;
    let isOver = false;
    const begin = async (lines: readonly Line[]): Promise<void> => {
      for (const line of lines) {
        // The rest is read and thrown away, so that who sends it comes to read the answers.
        if (isOver || isBlank(line)) continue;
        if (!(await inOrder.room())) return;
        commands += 1;
        const end = await endAt(commands, sender);
        isOver = end !== undefined;
        inOrder.begin(this.one(line, end, sender));
      }
    };
    for await (const chunk of sent) await begin(reader.take(chunk));
    await begin(reader.end());
  }

  private async one(
    { number, text }: Line,
    end: Problem | undefined,
    sender: Sender,
  ): Promise<string> {
    const reply = new LineReply();
    const answered = end
      ? sendProblem(reply, end)
      : await this.answer(text, sender.caller, reply).catch((error: unknown) =>
          problemFor(error, sender.log, reply),
        );
    const { code: status, replayed, operationId } = reply;
    if (operationId !== undefined) this.metrics.command(operationId, reply);
    return `${exactText({ line: number, status, ...(replayed && { replayed }), body: answered })}\n`;
  }

  private async answer(text: Line['text'], caller: Caller, reply: LineReply): Promise<object> {
    if (typeof text === 'number') return sendProblem(reply, problems.unreadable(text));
    const { op, saleId, ...fields } = objectIn(text);
    if (!isOp(op)) throw malformed('op', 'is none of sale, void, refund and reversal');
    reply.operationId = ROUTES[op];
    const stranger = strangeTo(caller, fields);
    if (stranger) return sendProblem(reply, stranger);
    if (op === 'sale') {
      if (saleId !== undefined) throw malformed('saleId', 'is not known here');
      const sale = saleBody.transform(fields, asBody) as SaleBody;
      return this.turns.run(requestName(sale), () => this.requests.take(sale, caller, reply));
    }
    if (typeof saleId !== 'string') throw malformed('saleId', 'is missing');
    const sent = giveBackBody.transform(fields, asBody) as GiveBackBody;
    const received = { sent, ifMatch: undefined, caller };
    return this.turns.run(saleId, () => this.requests.giveBack(op, saleId, received, reply));
  }
}

/** Why this command, and what follows it, is not done. */
async function endAt(
  commands: number,
  { isAdmitted, isCutting }: Sender,
): Promise<Problem | undefined> {
  if (commands > MAX_COMMANDS) return problems.tooManyLines(MAX_COMMANDS);
  if (isCutting()) return problems.storeAway(false);
  try {
    return (await isAdmitted()) ? undefined : problems.unauthenticated();
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    return problems.storeAway(false);
  }
}

/** Whoever sent has gone before the end: nobody is left to answer. */
function isHangUp(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function isBlank({ text }: Line): boolean {
  return typeof text === 'string' && text.trim() === '';
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value = parseExactly(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Told below: whatever it is, it is no command.
  }
  throw malformed('', 'is not a JSON object');
}

function isOp(op: unknown): op is keyof typeof ROUTES {
  return typeof op === 'string' && Object.hasOwn(ROUTES, op);
}

/** What the answer of a line says beside its body. */
class LineReply implements Reply {
  code = 200;
  replayed = false;
  result: string | null = null;
  /** Of the route that does the same, once the line has said what it is. */
  operationId: string | undefined;

  status(code: number): this {
    this.code = code;
    return this;
  }

  header(name: string): this {
    if (name === 'Idempotency-Replayed') this.replayed = true;
    return this;
  }

  /** Of a line there is none. */
  type(): this {
    return this;
  }

  /** Nor are there headers of one. */
  getHeader(): undefined {
    return undefined;
  }
}
