import { checkOf, type Dto, type FieldError } from '../http/schemas.js';
import { UsageError } from './tool.js';

/** What a verb is about to do, once it fits what the API would take. @throws UsageError naming each field that does not */
export function checked<T extends object>(dto: Dto, asked: T): T {
  const errors = checkOf(dto)(asked);
  if (errors) throw new UsageError(wordsOf(errors));
  return asked;
}

/** As `operatorId must match pattern …`. */
export function wordsOf(errors: readonly Pick<FieldError, 'field' | 'message'>[]): string {
  return errors.map(({ field, message }) => `${field} ${message}`.trim()).join(', ');
}
