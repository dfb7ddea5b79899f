import type { AppealEvent } from '../../appeals/domain/appeal.events.js';
import { parseRequestName, REQUEST_NAME } from '../../ledger/domain/request-name.js';
import type { Histories, History } from './histories.js';
import { type Finding, illegal, wrong } from './judge.js';

type AppealFiled = AppealEvent & { type: 'AppealFiled' };

/** What is wrong with an appeal or its answer. `history`: of the appeal's own stream. */
export function appealFinding(
  event: AppealEvent,
  history: History,
  histories: Histories,
): Finding | undefined {
  const [filed] = history.facts as AppealEvent[];
  if (event.type === 'AppealFiled') {
    return filed ? illegal('its stream has begun already') : misfiled(event.data, histories);
  }
  if (!filed) return illegal('nobody has appealed');
  if (history.facts.length > 1) return illegal('the appeal was answered already');
  const { merchantId, saleId } = filed.data;
  if (merchantId === event.data.merchantId && saleId === event.data.saleId) return undefined;
  return illegal(`the appeal was ${merchantId}’s, about sale ${saleId}`);
}

function misfiled(
  { appealId, merchantId, saleId, code, kind }: AppealFiled['data'],
  histories: Histories,
): Finding | undefined {
  if (!REQUEST_NAME.test(appealId) || parseRequestName(appealId).merchantId !== merchantId) {
    return illegal(`request ${appealId} is not of ${merchantId}`);
  }
  const own = histories.named(appealId);
  // What can't be judged itself is told where it stands.
  if (own?.brokenAt !== undefined) return undefined;
  const [first] = own?.facts ?? [];
  const asked = first && 'target' in first.data ? first.data.target : undefined;
  if (asked !== saleId) return wrong(`request ${appealId} was not about sale ${saleId}`);
  const waited = histories
    .named(saleId)
    ?.sale?.approvals.find(({ data }) => data.request === appealId);
  const last = own?.facts.at(-1);
  const refusal = last?.type === 'Refused' ? last.data.refusal : waited?.refusal;
  if (!refusal) return wrong(`request ${appealId} was not refused`);
  if (refusal.code !== code) return wrong(`request ${appealId} was refused for ${refusal.code}`);
  const was = first && 'kind' in first.data ? first.data.kind : undefined;
  return was === kind ? undefined : wrong(`request ${appealId} was a ${String(was)}`);
}
