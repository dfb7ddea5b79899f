import { median, perSecond, rounded } from './figures.js';
import { runScript } from './servers.js';

/** Appends with the tree of the trail kept beside them, to appends without: each to a log of its own, in turns. */
export async function benchTrail(bench) {
  const rounds = [];
  for (let round = 0; round <= bench.rounds; round += 1) {
    const done = {};
    for (const name of round % 2 === 0 ? ['with', 'without'] : ['without', 'with']) {
      const folder = bench.newFolder();
      const job = { folder, sales: Math.ceil(bench.events / 10), withTrail: name === 'with' };
      done[name] = await runScript('./trail.process.js', job);
      bench.remove(folder);
    }
    if (round > 0) rounds.push(done);
    bench.say(
      `round ${round} of ${bench.rounds}: appends without the trail ${told(done.without)}/s, with ${told(done.with)}/s`,
    );
  }
  const of = (figure) => median(rounds.map(figure));
  return {
    appendsWithTrailToWithout: rounded(
      of((done) => perSecond(done.with) / perSecond(done.without)),
      2,
    ),
    appendsWithoutTrailPerSecond: rounded(of(({ without }) => perSecond(without))),
  };
}

const told = (figures) => Math.round(perSecond(figures));
