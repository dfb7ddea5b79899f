import type { Projection } from '../../src/projections/projection.js';

const CARDS = 'CREATE TABLE cards (token TEXT PRIMARY KEY, status TEXT NOT NULL) STRICT;';

/** A view of the tests: which cards are reported. It can't digest a card whose token ends in 13. */
export const cardsProjection: Projection = {
  name: 'cards',
  version: 1,
  tables: { cards: CARDS },
  open: (database) => {
    const put = database.prepare(
      'INSERT INTO cards VALUES (?, ?) ON CONFLICT DO UPDATE SET status = excluded.status',
    );
    return (events) => {
      for (const { event } of events) {
        if (event.type === 'CardReported' || event.type === 'CardRestored') {
          const { token } = event.data;
          if (token.endsWith('13')) throw new Error(`${token} brings bad luck`);
          put.run(token, event.type === 'CardReported' ? event.data.status : 'active');
        }
      }
    };
  },
};

/** Another: how many events there are, readable or not. */
export const countProjection: Projection = {
  name: 'count',
  version: 1,
  tables: { counts: 'CREATE TABLE counts (type TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT;' },
  openOnBytes: (database) => {
    const add = database.prepare(
      'INSERT INTO counts VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1',
    );
    return (events) => {
      for (const { type } of events) add.run(type);
    };
  },
};
