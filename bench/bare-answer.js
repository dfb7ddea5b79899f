/** An answer of the size of a real one, made of what was sent. */
export function bareAnswer({ merchantId, terminalId, batchNo, stan, amount, currency }) {
  return {
    saleId: `${merchantId}.${terminalId}.${batchNo}.${stan}`,
    rrn: '633322000001',
    status: 'open',
    amount,
    currency,
    businessDate: '2026-03-02',
    responseCode: '00',
    revision: 0,
    position: '00000000000000000001',
  };
}
