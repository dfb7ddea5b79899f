import { decline } from '../../sales/domain/approval.js';
import { approvalRefusals } from '../../sales/domain/request-refusals.js';
import type { Approval, Sale } from '../../sales/domain/sale.js';
import { awaiting } from '../../sales/domain/sale.js';
import type { ApprovalDeclinedData } from '../../sales/domain/sale.events.js';
import { type Finding, held, illegal, wrong } from './judge.js';

export function waiting(request: string, sale: Sale | undefined): Approval | undefined {
  return sale && awaiting(sale).find(({ data }) => data.request === request);
}

/** What is wrong with the end of a request that waited: it says what was asked, and why it ends. */
export function declinedFinding(
  data: ApprovalDeclinedData,
  sale: Sale | undefined,
): Finding | undefined {
  const approval = waiting(data.request, sale);
  if (!approval) return illegal('nothing waits for an approval under this name');
  return inconsistent(data, approval) ?? misquoted(data, approval);
}

function misquoted(data: ApprovalDeclinedData, approval: Approval): Finding | undefined {
  const { why, refusal, occurredAt, review } = data;
  const event = decline(approval, why, refusal, { occurredAt, ...(review && { review }) });
  return held({ type: 'ApprovalDeclined', data }, [approval], () => ({ event }), '');
}

/** Refusals are told by their codes: their words may be of another version. */
function inconsistent(
  { why, refusal, occurredAt, review }: ApprovalDeclinedData,
  { data: { expiresAt } }: Approval,
): Finding | undefined {
  const code = refusal.code;
  switch (why) {
    case 'declined':
      if (review?.reason === undefined) return wrong('nobody has said why it was declined');
      return code === DECLINED ? undefined : wrong(`it was declined, and refused by ${code}`);
    case 'expired':
      if (Date.parse(occurredAt) < Date.parse(expiresAt)) {
        return illegal(`it could wait until ${expiresAt}`);
      }
      return code === EXPIRED ? undefined : wrong(`it expired, and was refused by ${code}`);
    case 'not-possible':
      if (code !== DECLINED && code !== EXPIRED) return undefined;
      return wrong(`it was not possible, and refused by ${code}`);
    default:
      return wrong(`${JSON.stringify(why)} is no reason for its end`);
  }
}

const DECLINED = approvalRefusals.declined('').code;
const EXPIRED = approvalRefusals.expired('').code;
