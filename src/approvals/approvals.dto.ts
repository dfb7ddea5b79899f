import {
  Amount,
  Currency,
  FreeText,
  Identifier,
  Nested,
  NestedList,
  Numeral,
  OneOf,
  Optional,
  Position,
  Text,
  Timestamp,
} from '../http/fields.js';
import { PageQuery } from '../http/paging.js';
import type { ApprovalStatus, ListedApproval } from '../projections/approvals.view.js';
import type { ApprovalRequestedData } from '../sales/domain/sale.events.js';
import { ActorDto, APPROVAL_STATUSES } from '../sales/sales.dto.js';
import type { RecordedApproval } from './approvals.command-handler.js';

export class ApproveBody {
  /** Who decides; never the one who asked. */
  @Optional() @FreeText(32) operatorId?: string;
  @Optional() @FreeText(256) reason?: string;
  @Optional() @FreeText(128) evidenceRef?: string;
}

export class DeclineBody {
  @Optional() @FreeText(32) operatorId?: string;
  @FreeText(256) reason!: string;
  @Optional() @FreeText(128) evidenceRef?: string;
}

export class ApprovalPath {
  @Text() approvalId!: string;
}

export class ApprovalsListQuery extends PageQuery {
  @Optional() @Identifier(15) merchantId?: string;
  @Optional() @OneOf(APPROVAL_STATUSES) status?: ApprovalStatus;
}

/** What was asked for: the request's name is the approval's. */
export class ListedApprovalDto {
  @Text() approvalId!: string;
  @OneOf(['void', 'refund']) kind!: string;
  @Text() saleId!: string;
  @Identifier(15) merchantId!: string;
  @Identifier(8) terminalId!: string;
  @Amount() amount!: number;
  @Currency() currency!: string;
  @Text() reason!: string;
  @Optional() @Text() evidenceRef?: string;
  @Optional() @Text() operatorId?: string;
  @OneOf(APPROVAL_STATUSES) status!: string;
  @Timestamp() requestedAt!: string;
  @Timestamp() expiresAt!: string;
  @Optional() @Timestamp() decidedAt?: string;
  @Optional() @Nested(() => ApproveBody) review?: ApproveBody;
  /** Why it came to nothing: the name of the refusal. */
  @Optional() @Text() code?: string;
}

export class ApprovalAnswer extends ListedApprovalDto {
  @Nested(() => ActorDto) askedBy!: ActorDto;
  @Optional() @Nested(() => ActorDto) decidedBy?: ActorDto;
  @Text() responseCode!: string;
  /** Of the sale, behind what became of it last. */
  @Numeral() revision!: number;
  @Position() position!: string;
}

export class ApprovalsAnswer {
  @NestedList(() => ListedApprovalDto) approvals!: ListedApprovalDto[];
  @Optional() @Text() next?: string;
}

export function renderListed({ data, ...end }: ListedApproval): ListedApprovalDto {
  return { ...asked(data), ...end };
}

export function renderApproval(recorded: RecordedApproval): ApprovalAnswer {
  const { approval, askedBy, decidedBy, decidedAt, review, position, revision } = recorded;
  return {
    ...asked(approval.data),
    status: approval.status,
    ...(decidedAt !== undefined && { decidedAt }),
    ...(review && { review }),
    ...(approval.refusal && { code: approval.refusal.code }),
    askedBy,
    ...(decidedBy && { decidedBy }),
    revision,
    position,
    responseCode: '00',
  };
}

function asked(data: ApprovalRequestedData) {
  const { request: approvalId, kind, saleId, merchantId, terminalId, amount, currency } = data;
  const { reason, evidenceRef, operatorId, occurredAt: requestedAt, expiresAt } = data;
  return {
    ...{ approvalId, kind, saleId, merchantId, terminalId, amount, currency, reason },
    ...(evidenceRef !== undefined && { evidenceRef }),
    ...(operatorId !== undefined && { operatorId }),
    requestedAt,
    expiresAt,
  };
}
