import { Optional, Text, Whole } from './fields.js';

/** Items of a page where nothing is said of it. */
export const DEFAULT_LIMIT = 100;

/** What every list in pages may be asked. */
export class PageQuery {
  @Optional() @Text() after?: string;
  @Optional() @Whole(1, 1_000) limit?: number;
}
