/** Something that is measured next to others in one run. */
export interface Subject {
  readonly name: string;
  /** Makes everything that `run` needs, so that no run pays for it. */
  setup(): Promise<void>;
  /** Does `n` operations. */
  run(n: number): Promise<void>;
  teardown(): Promise<void>;
}
