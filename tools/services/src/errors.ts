/**
 * What went wrong, as a word that does not change between releases.
 *
 * - `SERVICES_OPTIONS`: options or arguments of the caller are wrong.
 * - `SERVICES_PLATFORM`: this machine cannot run the servers (operating system, missing user).
 * - `SERVICES_BINARIES`: the binaries of a database are missing or do not run.
 * - `SERVICES_CACHE`: the cache folder cannot be used.
 * - `SERVICES_START`: a server did not start.
 * - `SERVICES_STATE`: the action does not fit the present state of the node or proxy.
 * - `SERVICES_TIMEOUT`: a condition did not come true in time.
 * - `SERVICES_SQL`: a statement that the tool itself sent has failed.
 * - `SERVICES_COMMAND`: a helper program (initdb, cp, apt-get, …) has failed.
 */
export type ServicesErrorCode =
  | 'SERVICES_OPTIONS'
  | 'SERVICES_PLATFORM'
  | 'SERVICES_BINARIES'
  | 'SERVICES_CACHE'
  | 'SERVICES_START'
  | 'SERVICES_STATE'
  | 'SERVICES_TIMEOUT'
  | 'SERVICES_SQL'
  | 'SERVICES_COMMAND';

/** Every error that this package throws on purpose. The message names the node, the fact and the next step. */
export class ServicesError extends Error {
  override readonly name = 'ServicesError';

  /**
   * @param code Stable word for programs.
   * @param message Text for people.
   * @param options `cause`: the error underneath; `node`: name of the server that it is about.
   */
  constructor(
    readonly code: ServicesErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly node?: string } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.node = options.node;
  }

  /** Name of the server that the error is about, where there is one. */
  readonly node: string | undefined;
}

/** The text of anything that was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a system error such as `ENOENT`, else undefined. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}
