import { Flag, OpenObject, Optional, Whole } from '../http/fields.js';

/** A line that is answered: what the route of its own would have answered. */
export class BulkLineAnswer {
  /** Blank lines count, and are not answered. */
  @Whole(1, Number.MAX_SAFE_INTEGER) line!: number;
  @Whole(100, 599) status!: number;
  @Optional() @Flag() replayed?: boolean;
  @OpenObject() body!: object;
}
