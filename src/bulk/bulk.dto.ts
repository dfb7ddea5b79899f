import { Flag, OpenObject, Optional, Whole } from '../http/fields.js';

/** A line that is answered: what the route of its own would have answered. */
export class BulkLineAnswer {
  @Whole(1, 10_001) line!: number;
  @Whole(100, 599) status!: number;
  @Optional() @Flag() replayed?: boolean;
  @OpenObject() body!: object;
}
