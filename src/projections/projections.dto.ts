import {
  FreeText,
  Nested,
  NestedList,
  Numeral,
  OneOf,
  OpenObject,
  Optional,
  OwnName,
  Position,
  Text,
  Timestamp,
  Told,
  Whole,
} from '../http/fields.js';
import type { ProjectionState } from './follower.js';
import { lagAt } from './progress.js';
import type { RebuildState } from './rebuild/rebuilds.js';

export class StoppedAtDto {
  @Position() position!: string;
  @Text() eventId!: string;
  @Text() type!: string;
}

export class ProjectionDto {
  @Text() name!: string;
  @Whole(1, 1_000_000) version!: number;
  /** Of the file that is read: a rebuild gives the next. */
  @Numeral() generation!: number;
  @OneOf(['following', 'stopped']) status!: string;
  @Position() position!: string;
  @Position() head!: string;
  @Told('Positions that it is behind the log: events in the embedded store, bytes in EventStoreDB')
  @Numeral()
  lag!: number;
  /** How many events it has seen. */
  @Numeral() events!: number;
  @Optional() @Text() reason?: string;
  /** The event that it can't digest. */
  @Optional() @Nested(() => StoppedAtDto) stoppedAt?: StoppedAtDto;
}

export class ProjectionsAnswer {
  @NestedList(() => ProjectionDto) projections!: ProjectionDto[];
}

export class ProjectionPath {
  @Text() name!: string;
}

export class DifferingRowDto {
  @Text() table!: string;
  @OpenObject() key!: object;
  @Optional() @OpenObject() live?: object;
  @Optional() @OpenObject() rebuilt?: object;
}

export class ComparedDto {
  /** Where both stood. */
  @Position() position!: string;
  @Numeral() rows!: number;
  @Numeral() differing!: number;
  /** The first of them. */
  @NestedList(() => DifferingRowDto) differences!: DifferingRowDto[];
}

export class RebuildAnswer {
  @Text() name!: string;
  @OneOf(['waiting', 'building', 'taking-over', 'done', 'failed', 'cancelled']) status!: string;
  @Numeral() events!: number;
  @Numeral() total!: number;
  @Numeral() eventsPerSecond!: number;
  @Numeral() secondsLeft!: number;
  /** How the new one compared with the one it replaced. */
  @Optional() @Nested(() => ComparedDto) compared?: ComparedDto;
  /** Why they could not be compared, where the file of the old one was damaged. */
  @Optional() @Text() damage?: string;
  @Optional() @Text() reason?: string;
}

export class SkipBody {
  /** Where the view has stopped. */
  @Position() position!: string;
  @FreeText(500) reason!: string;
  @Optional() @OwnName(32) operatorId?: string;
}

export class SkipAnswer {
  @Text() projection!: string;
  @Text() eventId!: string;
  @Text() eventType!: string;
  /** Of the event that is left out. */
  @Position() skipped!: string;
  @Text() reason!: string;
  @Optional() @Text() operatorId?: string;
  @Timestamp() occurredAt!: string;
  /** Of the decision. */
  @Position() position!: string;
  @Text() responseCode!: string;
}

/** Where a view stands, against the log's end (`head`). */
export function renderProjection(
  { name, version, generation, position, events, stoppedBy, reason, stop }: ProjectionState,
  head: string,
): ProjectionDto {
  return {
    name,
    version,
    generation,
    status: stoppedBy === undefined ? 'following' : 'stopped',
    position,
    head,
    lag: lagAt(position, head),
    events,
    ...(reason !== undefined && { reason }),
    ...(stop?.at && { stoppedAt: stop.at }),
  };
}

/** Bytes of a row are shown in hexadecimal. */
export function renderRebuild({ compared, ...state }: RebuildState): RebuildAnswer {
  if (!compared) return state;
  const differences = compared.differences.map(({ key, live, rebuilt, ...row }) => ({
    ...row,
    key: renderRow(key),
    ...(live && { live: renderRow(live) }),
    ...(rebuilt && { rebuilt: renderRow(rebuilt) }),
  }));
  return { ...state, compared: { ...compared, differences } };
}

function renderRow(row: object): object {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]: [string, unknown]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    ]),
  );
}
