import { relative } from 'node:path';

const LEFT_OUT = /^left out: /;

/** Says in one line for each reason which suites a run has left out. */
export default class LeftOutReporter {
  /** `leftOut`: of whole suites, which are not even there. */
  constructor(_config, { leftOut }) {
    this.leftOut = leftOut;
  }

  onRunComplete(_contexts, { testResults }) {
    const suites = new Map();
    for (const { testFilePath, testResults: tests } of testResults) {
      for (const { title, status } of tests) {
        if (status !== 'pending' || !LEFT_OUT.test(title)) continue;
        const why = title.replace(LEFT_OUT, '');
        suites.set(why, (suites.get(why) ?? new Set()).add(relative('test', testFilePath)));
      }
    }
    for (const line of this.leftOut) process.stdout.write(`${line}\n`);
    for (const [why, files] of suites) {
      process.stdout.write(`left out: ${[...files].sort().join(', ')} (${why})\n`);
    }
  }
}
