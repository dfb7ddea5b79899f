import TestSequencer from '@jest/test-sequencer';

/** The longest begin first, so that no one of them is left to end alone; of a clean checkout Jest knows only how long files are. */
const LONG = [
  'kurrentdb/server-faults',
  'faults/crashes',
  'kurrentdb/crashes',
  'property/fuzz',
  'kurrentdb/histories',
  'e2e/bench',
  'kurrentdb/nodes',
  'kurrentdb/lost-answers',
  'property/lost-answers',
  'property/nodes',
  'property/interleavings',
  'property/recorded-trade',
  'e2e/cli/import',
  'e2e/damaged-view',
  'e2e/proofs',
  'e2e/stop',
  'e2e/start',
].map((name) => `/test/${name}.spec.ts`);

export default class LongSuitesFirst extends TestSequencer {
  sort(tests) {
    return super.sort(tests).toSorted((one, other) => placeOf(one) - placeOf(other));
  }
}

function placeOf({ path }) {
  const place = LONG.findIndex((name) => path.endsWith(name));
  return place === -1 ? LONG.length : place;
}
