/** What a simulated pool lends, and what the model knows about it. */
export class Resource {
  /** Live borrowings, as the callers see them. */
  holders = 0;
  uses = 0;
  /** Since when it has been idle, or since when it is known to work. */
  freshAt: number;
  returnedAt: number;
  /** When a look at it found that it is not simply good. */
  verdictAt = -1;
  /** How far time had just leapt at its last return. */
  leapMs: number;
  lentAt = 0;
  lentLeapMs = 0;
  /** Why it must never be lent again. */
  doomed: string | undefined = undefined;
  /** Must be replaced soon; may be lent until then. */
  evicted = false;
  /** Its holder's lease was garbage collected. */
  lost = false;
  /** A reset is owed. */
  dirty = false;
  destroyed = false;

  constructor(
    readonly id: number,
    readonly bornAt: number,
    /** How far time had just leapt at its birth: by the keeper's clock it is so much older. */
    readonly bornLeapMs: number,
    private readonly end: ((resource: Resource) => Promise<void>) | undefined,
  ) {
    this.leapMs = bornLeapMs;
    this.freshAt = this.returnedAt = bornAt;
  }

  /** For pools whose factory does not destroy: they end a resource by its own method. */
  close(): Promise<void> {
    if (this.end === undefined) throw new Error('closed although the factory destroys');
    return this.end(this);
  }
}
