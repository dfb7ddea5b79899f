import { isOthers } from '../access/borders.js';
import { type Caller, terminalActor } from '../access/caller.js';
import { etag, revisionsIn } from '../http/if-match.js';
import { answer, ProblemError, problems, refusalProblem, type Reply } from '../http/problem.js';
import { type Rate, tellRate } from '../http/rates.js';
import type { JsonObject } from '../ledger/domain/json.js';
import { REQUEST_NAME, type RequestIdentity, requestName } from '../ledger/domain/request-name.js';
import type { SaleCommand } from './domain/decide.js';
import { noSuchSale } from './domain/judge.js';
import type { GiveBackCommandHandler } from './give-back.command-handler.js';
import type { RequestQueries } from './request.queries.js';
import type { SalesCommandHandler } from './sales.command-handler.js';
import type { Attempt, RefusedAttempts } from './refused-attempts.js';
import type { Asked, GiveBack, GivenBackAnswer, Outcome } from './sales.commands.js';
import type { GiveBackBody, SaleBody } from './sales.dto.js';
import { renderGivenBack } from './sales.render.js';

/** A request about a sale as it came. */
interface Received {
  readonly sent: GiveBackBody;
  readonly ifMatch: string | undefined;
  readonly caller: Caller;
}

/** What terminals ask for, from a checked body to the answer: the same for a route and for a line of a bulk. */
export class TerminalRequests {
  constructor(
    private readonly sales: SalesCommandHandler,
    private readonly giveBacks: GiveBackCommandHandler,
    private readonly attempts: RefusedAttempts,
    private readonly queries: RequestQueries,
  ) {}

  /** @throws ProblemError 429 for one refused too often; StoreUnavailableError */
  async take(sale: SaleBody, caller: Caller, reply: Reply) {
    const sent = { content: { ...sale } as unknown as JsonObject, by: terminalActor(sale, caller) };
    const { merchantId, terminalId } = sale;
    const attempt = { merchantId, terminalId };
    const outcome = await this.attempt(attempt, sale, reply, () =>
      this.sales.take(sale as SaleCommand, sent),
    );
    return answer(reply, outcome, 201, (taken) => {
      void reply.header('ETag', etag(taken.revision));
      void reply.header('Location', `/v1/sales/${taken.saleId}`);
      return taken;
    });
  }

  /** @throws ProblemError for a malformed saleId or If-Match, 429 for one refused too often; StoreUnavailableError */
  async giveBack(asked: Asked, saleId: string, { sent, ifMatch, caller }: Received, reply: Reply) {
    refuseMalformed(saleId);
    const { merchantId, terminalId } = sent;
    const isHidden = isOthers(caller, saleId);
    const command = { ...sent, asked, saleId, isHidden } as unknown as GiveBack;
    const origin = {
      content: contentOf(sent),
      by: terminalActor(sent, caller),
      ifMatch: revisionsIn(ifMatch),
    };
    const attempt = { merchantId, terminalId, saleId };
    const outcome = await this.attempt(attempt, sent, reply, () =>
      this.giveBacks.giveBack(command, origin),
    );
    return answer(reply, outcome, 201, (done: GivenBackAnswer) => {
      if (done.status === 'awaiting-approval') void reply.status(202);
      void reply.header('ETag', etag(done.revision));
      void reply.header('Location', `/v1/requests/${done.request.replaceAll('.', '/')}`);
      const rendered = renderGivenBack(done);
      return asked === 'reversal' ? { kind: done.kind, ...rendered } : rendered;
    });
  }

  /** Who was refused too often is sent away before, but for requests that came already. */
  private async attempt<A>(
    attempt: Attempt,
    identity: RequestIdentity,
    reply: Reply,
    carryOut: () => Promise<Outcome<A>>,
  ): Promise<Outcome<A>> {
    const spent = await this.attempts.spentBy(attempt);
    if (spent.length > 0 && !(await this.queries.request(requestName(identity)))) {
      throw refusedTooOften(spent, reply);
    }
    const outcome = await carryOut();
    if (isRefused(outcome)) await this.attempts.refused(attempt);
    return outcome;
  }
}

function refusedTooOften(spent: readonly Rate[], reply: Reply): ProblemError {
  for (const rate of spent) tellRate(reply, rate);
  const wait = Math.max(...spent.map(({ seconds }) => seconds));
  return new ProblemError(problems.tooManyRefused(wait), wait);
}

/** By the rules: whose `If-Match` has failed was only told to look again. */
function isRefused(outcome: Outcome<unknown>): boolean {
  return 'refusal' in outcome && outcome.refusal.code !== 'revision';
}

/** A malformed saleId names no sale, and is neither written down nor told: it may be anything. */
export function refuseMalformed(saleId: string): void {
  if (!REQUEST_NAME.test(saleId)) throw new ProblemError(refusalProblem(noSuchSale()));
}

/** Every field as sent but the password, which is neither kept nor compared. */
function contentOf({ supervisor, ...rest }: GiveBackBody): JsonObject {
  const content = supervisor ? { ...rest, supervisor: { id: supervisor.id } } : rest;
  return content as unknown as JsonObject;
}
