const rule = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    rule('no-circular', {}, { circular: true }, 'A cycle hides the direction of the design.'),
    rule(
      'domain-is-pure',
      { path: '^src/[^/]+/domain/' },
      {
        pathNot:
          '^(src/[^/]+/domain/|(node:)?crypto$|node_modules/((@types/)?luxon|immutable|currency-codes|@types/currency-codes)/)',
      },
      'Domain code imports only domain code, a calendar, the digits of currencies, and maps that stay as they are: no framework, no I/O; hashing is neither.',
    ),
    rule(
      'projections-know-only-events',
      { path: '^src/projections/.+\\.projection\\.ts$' },
      { pathNot: '^(src/([^/]+/domain|projections)/|node_modules/(@types/)?better-sqlite3/)' },
      'A projection is a fold over events.',
    ),
    rule(
      'adapters-are-chosen-in-one-place',
      { path: '^src/', pathNot: '^src/event-store/' },
      { path: '^src/event-store/(sqlite|kurrentdb)/' },
      'Only open-event-store.ts picks an adapter.',
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
};
