import { expect, test } from '@jest/globals';
import { refusalProblem } from '../../../src/http/problem.js';
import { say } from '../../../src/sales/domain/refusal.js';

test('a refusal from when no request could wait for an approval is answered as it was', () => {
  const recorded = {
    code: 'approval',
    responseCode: '57',
    cause: 'right',
    detail: say('Above the policy’s amount an approval is needed.', '超过限额，须经审批。'),
    nextStep: 'contact-acquirer',
  } as const;
  expect(refusalProblem(recorded, '00000000000000000007')).toMatchObject({
    status: 403,
    code: 'approval',
    responseCode: '57',
    nextStep: 'contact-acquirer',
    position: '00000000000000000007',
  });
});
