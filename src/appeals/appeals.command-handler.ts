import type { Position } from '../event-store/event-store.js';
import { decidedAnew } from '../ledger/decided-anew.js';
import { type Clock, timeText } from '../ledger/clock.js';
import type { Actor } from '../ledger/domain/ledger-event.js';
import {
  REQUEST_NAME,
  type RequestIdentity,
  requestName,
  streams,
} from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import { requestRefusals } from '../sales/domain/request-refusals.js';
import type { RequestQueries } from '../sales/request.queries.js';
import { notRecorded, type Outcome } from '../sales/sales.commands.js';
import { type Appeal, type AppealEvent, evolveAppeal, statusOf } from './domain/appeal.events.js';
import { appealRefusals } from './domain/appeal-refusals.js';

const FIELDS = ['reason', 'evidenceRef', 'operatorId'] as const;

/** What a refusal of can be appealed; a time-out reversal says what became of a request, which nobody can uphold. */
const APPEALED = ['void', 'refund', 'reversal'] as const;

/** What someone says to it: the merchant who appeals, or the reviewer. */
export interface Said {
  readonly reason: string;
  readonly evidenceRef?: string;
  readonly operatorId?: string;
}

/** An appeal with where its last event stands. */
export interface RecordedAppeal {
  readonly appeal: Appeal;
  readonly position: Position;
}

/** Appeals against refused voids and refunds, and their answers [S3]. One for each request. */
export class AppealsCommandHandler {
  constructor(
    private readonly journal: Journal,
    private readonly requests: RequestQueries,
    private readonly clock: Clock,
  ) {}

  /** @throws StoreUnavailableError */
  file(
    saleId: string,
    refused: RequestIdentity,
    said: Said,
    by: Actor,
  ): Promise<Outcome<RecordedAppeal>> {
    return decidedAnew(async () => {
      const appealId = requestName(refused);
      const earlier = await this.appeal(appealId);
      if (earlier) return repeated(earlier, saleId, said);
      const state = await this.requests.request(appealId);
      const kind = APPEALED.find((each) => each === state?.kind);
      if (!kind || !state?.refusal || state.saleId !== saleId) {
        return notRecorded(appealRefusals.notRefused());
      }
      const fact = { appealId, merchantId: refused.merchantId, saleId };
      const event: AppealEvent = {
        type: 'AppealFiled',
        data: {
          ...fact,
          ...said,
          kind,
          code: state.refusal.code,
          occurredAt: timeText(this.clock.now()),
        },
      };
      return this.write(appealId, 'no-stream', event, by);
    });
  }

  /** The reviewer's answer, once. It changes nothing of the sale. @throws StoreUnavailableError */
  answer(
    appealId: string,
    outcome: 'upheld' | 'rejected',
    said: Said,
    by: Actor,
  ): Promise<Outcome<RecordedAppeal>> {
    return decidedAnew(async () => {
      const held = await this.appeal(appealId);
      if (!held) return notRecorded(appealRefusals.unknown());
      const { answered, filed } = held.appeal;
      if (answered) {
        const isSame = answered.outcome === outcome && differing(answered, said).length === 0;
        if (isSame) return { answer: held, replayed: true };
        return notRecorded(appealRefusals.answered(statusOf(held.appeal)));
      }
      const { merchantId, saleId } = filed;
      const occurredAt = timeText(this.clock.now());
      const event: AppealEvent = {
        type: 'AppealAnswered',
        data: { appealId, merchantId, saleId, ...said, outcome, occurredAt },
      };
      return this.write(appealId, 0, event, by);
    });
  }

  async appeal(appealId: string): Promise<RecordedAppeal | undefined> {
    if (!REQUEST_NAME.test(appealId)) return undefined;
    const events = await this.journal.read(streams.appeal(appealId));
    const appeal = events.reduce<Appeal | undefined>(
      (state, { event }) => evolveAppeal(state, event as AppealEvent),
      undefined,
    );
    return appeal && { appeal, position: events.at(-1)?.position as Position };
  }

  private async write(
    appealId: string,
    expected: 0 | 'no-stream',
    event: AppealEvent,
    by: Actor,
  ): Promise<Outcome<RecordedAppeal>> {
    const origin = { request: appealId, by };
    const stream = streams.appeal(appealId);
    const { repeated: replayed } = await this.journal.append(stream, expected, [event], origin);
    const recorded = await this.appeal(appealId);
    if (!recorded) throw new Error(`appeal ${appealId} was written and is not there`);
    return { answer: recorded, replayed };
  }
}

function repeated(earlier: RecordedAppeal, saleId: string, said: Said): Outcome<RecordedAppeal> {
  const { filed } = earlier.appeal;
  const fields = [...(filed.saleId === saleId ? [] : ['saleId']), ...differing(filed, said)];
  if (fields.length > 0) return notRecorded(requestRefusals.idUsed(fields));
  return { answer: earlier, replayed: true };
}

function differing(first: Said, second: Said): string[] {
  return FIELDS.filter((field) => first[field] !== second[field]);
}
