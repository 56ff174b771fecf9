/**
 * Which sections of a benchmark were asked for; all of them where none is named.
 * @throws RangeError for a name that it does not have, before anything is started that takes time.
 */
export function sectionsOf(
  benchmark: string,
  known: readonly string[],
  args: readonly string[],
): readonly string[] {
  const wrong = args.filter((arg) => !known.includes(arg));
  if (wrong.length > 0) {
    throw new RangeError(
      `bench -- ${benchmark} has no section ${wrong.map((arg) => `'${arg}'`).join(', ')}: ${known.join(', ')}`,
    );
  }
  return args.length > 0 ? args : known;
}
