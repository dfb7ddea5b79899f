import { ALL_PROJECTIONS } from '../dist/projections/all-projections.js';
import { median, perSecond, rounded } from './figures.js';
import { runScript } from './servers.js';

const VIEWS = ALL_PROJECTIONS.map(({ name }) => name);

/** What a thread keeps beside the appends; no thread where there is nothing to keep. */
const KEPT = {
  all: VIEWS,
  'all but the trail': VIEWS.filter((name) => name !== 'trail'),
  'the trail alone': ['trail'],
  nothing: [],
};

/**
 * Appends while the service's thread keeps all its views, to the same where the tree of the trail is not among them; and
 * where it is the only one, to appends alone. Each appends to a log of its own, in turns.
 */
export async function benchTrail(bench) {
  const rounds = [];
  for (let round = 0; round <= bench.rounds; round += 1) {
    const done = {};
    const names = Object.keys(KEPT);
    for (const name of round % 2 === 0 ? names : names.reverse()) {
      const folder = bench.newFolder();
      const job = { folder, sales: Math.ceil(bench.events / 10), kept: KEPT[name] };
      done[name] = perSecond(await runScript('./trail.process.js', job));
      bench.remove(folder);
    }
    if (round > 0) rounds.push(done);
    const told = Object.entries(done).map(([name, speed]) => `${name} ${Math.round(speed)}/s`);
    bench.say(`round ${round} of ${bench.rounds}: appends while a thread keeps ${told.join(', ')}`);
  }
  const ratio = (some, others) =>
    rounded(median(rounds.map((done) => done[some] / done[others])), 2);
  return {
    appendsWithTrailToWithout: ratio('all', 'all but the trail'),
    appendsWithTrailAloneToNone: ratio('the trail alone', 'nothing'),
    appendsPerSecond: rounded(median(rounds.map((done) => done.nothing))),
  };
}
