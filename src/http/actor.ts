import type { Actor } from '../ledger/domain/ledger-event.js';

/** Who stands behind a terminal's command: the terminal that it names. */
export function terminalActor(request: {
  readonly merchantId: string;
  readonly terminalId: string;
}): Actor {
  return { kind: 'terminal', id: `${request.merchantId}.${request.terminalId}` };
}

/** Who sets things up, as long as nobody needs to say who they are. */
export const OPERATOR: Actor = { kind: 'operator' };
