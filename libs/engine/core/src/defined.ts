/** Options without those that are `undefined`: such an option is not given, and must not hide a default. */
export function defined<O extends object>(options: O): { [K in keyof O]?: Exclude<O[K], undefined> } {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [K in keyof O]?: Exclude<O[K], undefined> };
}
