import { expect, test } from '@jest/globals';
import { ProofsController } from '../../../src/audit/proofs.controller.js';
import type { HeadSigner } from '../../../src/audit/head-signer.js';
import type { EventStore } from '../../../src/event-store/event-store.js';
import { toPosition } from '../../../src/event-store/event-store.js';
import type { Views } from '../../../src/projections/views.js';

test.each(['no JSON', '{"b":1,"a":2}', '{"a": 1}'])(
  'of data that is not in canonical form no proof is given that would not hold: %s',
  async (data) => {
    const place = { position: toPosition(7), stream: 'card-x', revision: 0 };
    const stored = { ...place, id: 'x', type: 'Forgotten', data, metadata: '{}' };
    const store = { at: () => Promise.resolve(stored) } as unknown as EventStore;
    const controller = new ProofsController({} as Views, {} as HeadSigner, store);

    const proof = controller.proof({ position: stored.position }, { scope: 'operator' });

    await expect(proof).rejects.toMatchObject({ problem: { status: 404 } });
  },
);
