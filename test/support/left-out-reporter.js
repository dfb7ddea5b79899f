import { relative } from 'node:path';

const LEFT_OUT = /^left out: /;

/** Says in one line for each reason which suites a run has left out. */
export default class LeftOutReporter {
  onRunComplete(_contexts, { testResults }) {
    const suites = new Map();
    for (const { testFilePath, testResults: tests } of testResults) {
      for (const { title, status } of tests) {
        if (status !== 'pending' || !LEFT_OUT.test(title)) continue;
        const why = title.replace(LEFT_OUT, '');
        suites.set(why, (suites.get(why) ?? new Set()).add(relative('test', testFilePath)));
      }
    }
    for (const [why, files] of suites) {
      process.stdout.write(`left out: ${[...files].sort().join(', ')} (${why})\n`);
    }
  }
}
