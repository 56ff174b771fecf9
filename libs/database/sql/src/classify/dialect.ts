/**
 * What a function does besides returning a value.
 *
 * - `write`: it changes something, or needs the primary for another reason
 * - `pins`: it leaves state in the session (and needs the primary)
 * - `configures`: like `set_config`: it pins unless its last argument is `true`
 */
export type FunctionEffect = 'write' | 'pins' | 'configures';

/**
 * The lexicon of one kind of SQL: how its text falls into tokens, and which words and functions matter for
 * routing. The reader of statements ({@link StatementClassifier}) is the same for all; what differs is here.
 * Words are upper case, function names and prefixes lower case.
 */
export interface SqlDialect {
  /** The dialect's name, for instance `postgres`. */
  readonly name: string;
  /** `$tag$ … $tag$` is a string, `$1` a parameter. */
  readonly dollarQuotes: boolean;
  /** Where a backslash escapes in a string: nowhere, in `E'…'` only, or in every string. */
  readonly backslashEscapes: 'never' | 'prefixed' | 'always';
  /** `q'[ … ]'` is a string (Oracle). */
  readonly alternativeQuotes: boolean;
  /** Block comments nest. */
  readonly nestedComments: boolean;
  /** A block comment that begins with `!` is run by the server: a statement that holds one is never a read. */
  readonly executableComments: boolean;
  /** `#` begins a comment. */
  readonly hashComments: boolean;
  /** `--` begins a comment only before white space. */
  readonly dashCommentNeedsSpace: boolean;
  /** Backticks quote identifiers. */
  readonly backticks: boolean;
  /** Brackets quote identifiers. */
  readonly brackets: boolean;
  /** `"…"` is a string, not an identifier. */
  readonly doubleQuotedStrings: boolean;
  /** `?` is a parameter. */
  readonly questionParameters: boolean;
  /** `:name` is a parameter. */
  readonly namedParameters: boolean;
  /** `@name` is a variable of the session: using one pins. */
  readonly sessionVariables: boolean;
  /** First words of statements that may be reads. */
  readonly reads: ReadonlySet<string>;
  /** First words that explain the statement behind them. */
  readonly explains: ReadonlySet<string>;
  /** Words that may stand between an explaining word and its statement, outside parentheses. */
  readonly explainOptions: ReadonlySet<string>;
  /** First words of statements that leave state in the session, with the second words after which they do not. */
  readonly pinning: ReadonlyMap<string, ReadonlySet<string>>;
  /** Words that make what a CREATE or an INTO creates temporary. */
  readonly temporary: ReadonlySet<string>;
  /** Unquoted words that need the primary wherever they stand (`NEXTVAL` in Oracle). */
  readonly writeWords: ReadonlySet<string>;
  /** Functions with an effect; one that is not known has none. */
  readonly functions: ReadonlyMap<string, FunctionEffect>;
  /** Families of functions with an effect, by the beginning of the name. Looked up after {@link functions}. */
  readonly functionPrefixes: readonly (readonly [prefix: string, effect: FunctionEffect])[];
}

const NONE: ReadonlySet<string> = new Set();

/**
 * What standard SQL says and no more: the base that dialects spread and add to. It knows SELECT, VALUES, TABLE
 * and WITH as reads, and no function with an effect.
 */
export const ansiDialect: SqlDialect = {
  name: 'ansi',
  dollarQuotes: false,
  backslashEscapes: 'never',
  alternativeQuotes: false,
  nestedComments: false,
  executableComments: false,
  hashComments: false,
  dashCommentNeedsSpace: false,
  backticks: false,
  brackets: false,
  doubleQuotedStrings: false,
  questionParameters: true,
  namedParameters: false,
  sessionVariables: false,
  reads: new Set(['SELECT', 'VALUES', 'TABLE', 'WITH']),
  explains: NONE,
  explainOptions: NONE,
  pinning: new Map([
    ['SET', new Set(['TRANSACTION', 'CONSTRAINTS'])],
    ['BEGIN', NONE],
    ['START', NONE],
    ['DECLARE', NONE],
  ]),
  temporary: new Set(['TEMPORARY']),
  writeWords: NONE,
  functions: new Map(),
  functionPrefixes: [],
};
