import {
  FreeText,
  Identifier,
  Nested,
  NestedList,
  OneOf,
  Optional,
  Position,
  Text,
  Timestamp,
} from '../http/fields.js';
import { PageQuery } from '../http/paging.js';
import { RequestBody } from '../sales/sales.dto.js';
import type { RecordedAppeal } from './appeals.command-handler.js';
import { type Appeal, type AppealStatus, statusOf } from './domain/appeal.events.js';

const STATUSES = ['open', 'upheld', 'rejected'] as const;

/** `batchNo` and `stan` are those of the request that was refused. */
export class AppealBody extends RequestBody {
  @FreeText(1_024) reason!: string;
  @Optional() @FreeText(128) evidenceRef?: string;
  @Optional() @FreeText(32) operatorId?: string;
}

export class AppealAnswerBody {
  @OneOf(['upheld', 'rejected']) outcome!: 'upheld' | 'rejected';
  @FreeText(1_024) reason!: string;
  @Optional() @FreeText(128) evidenceRef?: string;
  @Optional() @FreeText(32) operatorId?: string;
}

export class AppealPath {
  @Text() appealId!: string;
}

export class AppealsListQuery extends PageQuery {
  @Optional() @Identifier(15) merchantId?: string;
  @Optional() @OneOf(STATUSES) status?: AppealStatus;
}

export class ReviewDto {
  @OneOf(['upheld', 'rejected']) outcome!: string;
  @Text() reason!: string;
  @Optional() @Text() evidenceRef?: string;
  @Optional() @Text() operatorId?: string;
  @Timestamp() answeredAt!: string;
}

export class AppealDto {
  /** The name of the request that was refused. */
  @Text() appealId!: string;
  @Text() saleId!: string;
  @Identifier(15) merchantId!: string;
  @Text() kind!: string;
  /** Of the refusal. */
  @Text() code!: string;
  @OneOf(STATUSES) status!: string;
  @Text() reason!: string;
  @Optional() @Text() evidenceRef?: string;
  @Optional() @Text() operatorId?: string;
  @Timestamp() filedAt!: string;
  @Optional() @Nested(() => ReviewDto) answer?: ReviewDto;
}

export class AppealAnswer extends AppealDto {
  @Text() responseCode!: string;
  @Position() position!: string;
}

export class AppealsAnswer {
  @NestedList(() => AppealDto) appeals!: AppealDto[];
  @Optional() @Text() next?: string;
}

export function renderAppeal(appeal: Appeal): AppealDto {
  const { occurredAt: filedAt, ...filed } = appeal.filed;
  const { answered } = appeal;
  return {
    ...filed,
    filedAt,
    status: statusOf(appeal),
    ...(answered && { answer: renderReview(answered) }),
  };
}

function renderReview(answered: NonNullable<Appeal['answered']>): ReviewDto {
  const { outcome, reason, evidenceRef, operatorId, occurredAt: answeredAt } = answered;
  return {
    outcome,
    reason,
    ...(evidenceRef !== undefined && { evidenceRef }),
    ...(operatorId !== undefined && { operatorId }),
    answeredAt,
  };
}

export function renderRecorded({ appeal, position }: RecordedAppeal): AppealAnswer {
  return { ...renderAppeal(appeal), responseCode: '00', position };
}
