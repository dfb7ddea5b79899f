import type { LedgerEvent } from '../../ledger/domain/ledger-event.js';
import { batchName, streams } from '../../ledger/domain/request-name.js';

/** The one stream that an event may stand in, by what it says. */
export function ownStream(event: LedgerEvent): string {
  switch (event.type) {
    case 'Sale':
    case 'Void':
    case 'Refund':
    case 'ApprovalRequested':
    case 'ApprovalDeclined':
    case 'Settled':
    case 'ChargebackOpened':
    case 'ChargebackWon':
    case 'ChargebackLost':
      return streams.request(event.data.saleId);
    case 'Reversal':
      return streams.request(event.data.saleId ?? event.data.of);
    case 'RequestTaken':
    case 'Refused':
    case 'NothingToReverse':
      return streams.request(event.data.request);
    case 'FailureReported':
      return streams.failure(event.data.failureId);
    case 'AppealFiled':
    case 'AppealAnswered':
      return streams.appeal(event.data.appealId);
    case 'BatchCloseRequested':
    case 'BatchClosed':
    case 'BatchReconciled':
      return streams.batch(batchName(event.data));
    case 'MerchantRegistered':
    case 'MerchantPolicyChanged':
    case 'TerminalAssigned':
    case 'StoreLimitsSet':
    case 'RightFrozen':
    case 'RightRestored':
    case 'SupervisorSet':
    case 'SupervisorLocked':
      return streams.merchant(event.data.merchantId);
    case 'CardReported':
    case 'CardRestored':
      return streams.card(event.data.token);
    case 'KeyAdded':
    case 'KeyRevoked':
      return streams.key(event.data.keyId);
    case 'SignatureUsed':
      return streams.signature(`${event.data.keyId}.${event.data.nonce}`);
    case 'PayoutSent':
    case 'PayoutPaid':
    case 'PayoutReturned':
      return streams.payout(event.data.payoutId);
    case 'ReserveReleased': {
      const { merchantId, currency, heldUntil } = event.data;
      return streams.reserve(`${merchantId}.${currency}.${heldUntil}`);
    }
    case 'WrittenOff':
      return streams.writeOffs(event.data.merchantId);
    case 'AcquirerPaid':
      return streams.acquirer(event.data.paymentId);
    case 'EventSkipped':
      return streams.projection(event.data.projection);
    case 'HeadSigned':
      return streams.trail('heads');
  }
}
