/** What operators have decided about the views of the log. */
export type TrailEvent = {
  readonly type: 'EventSkipped';
  readonly data: {
    readonly projection: string;
    /** The event that the view leaves out, wherever it stands: another store gives other positions. */
    readonly eventId: string;
    readonly eventType: string;
    /** Where it stood when this was decided. */
    readonly position: string;
    readonly reason: string;
    readonly operatorId?: string;
    readonly occurredAt: string;
  };
};
