/** What a figure is compared with. */
export type Bar = { readonly atLeast: number } | { readonly atMost: number };

/** One line of a report: a figure, and the bar that it is held against. */
export interface Row {
  readonly name: string;
  readonly figure: number;
  /** What one of the figure is: `x` for a ratio, `ns`, `ms`, `bytes`, … */
  readonly unit: string;
  /** For humans, `>= 10` or `<= 2.2`; `null` where the figure is only told. */
  readonly bar: string | null;
  /** Whether the figure reaches its bar; `null` without one. */
  readonly holds: boolean | null;
  /** The command fails where such a row misses its bar; the others only aim. */
  readonly must: boolean;
  /** Whether the figure also reaches what the bar aims at; absent where that is nothing more. */
  readonly aimed?: boolean;
  /** Between which two figures the middle half of the rounds lies, where there were rounds. */
  readonly spread?: readonly [low: number, high: number];
}

/** A figure that is told and held against nothing. */
export function measured(name: string, figure: number, unit: string): Row {
  return { name, figure, unit, bar: null, holds: null, must: false };
}

/** A figure that has to reach its bar, and should reach `aim`, in the same direction; missing that fails nothing. */
export function must(name: string, figure: number, unit: string, bar: Bar, aim?: number): Row {
  const row = { ...held(name, figure, unit, bar), must: true };
  if (aim === undefined) return row;
  const further = 'atLeast' in bar ? { atLeast: aim } : { atMost: aim };
  return { ...row, bar: `${row.bar} (aim ${aim})`, aimed: held(name, figure, unit, further).holds === true };
}

/** A figure that should reach its bar; missing it is shown and fails nothing. */
export function aims(name: string, figure: number, unit: string, bar: Bar): Row {
  return { ...held(name, figure, unit, bar), must: false };
}

function held(name: string, figure: number, unit: string, bar: Bar): Omit<Row, 'must'> {
  // A figure that is no number reaches nothing: both comparisons are false.
  return 'atLeast' in bar
    ? { name, figure, unit, bar: `>= ${bar.atLeast}`, holds: figure >= bar.atLeast }
    : { name, figure, unit, bar: `<= ${bar.atMost}`, holds: figure <= bar.atMost };
}
