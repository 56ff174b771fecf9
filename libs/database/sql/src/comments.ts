import type { Problems } from '@nest-pooling/core';
import type { Statement } from './driver.js';

/** Names and values that travel with a statement. */
export type CommentTags = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Tags that statements carry to the server as a comment, in the format of sqlcommenter: in its logs and statistics one then sees which
 * part of the application a statement came from. A statement that has a comment already stays as it is, as that convention wants it.
 */
export interface CommentOptions {
  /** On every statement: `application`, `version`, … */
  readonly static?: CommentTags;
  /**
   * Asked for each statement at the moment when it is sent: `route`, `traceparent`, … They win over static ones. Statements that are
   * prepared under a name do not get them: a text that is another one each time would be prepared anew each time. When it throws, the
   * statement goes without them.
   */
  readonly dynamic?: () => CommentTags | undefined;
}

/** Collects what is wrong with the options under `path`. */
export function checkComments(options: unknown, problems: Problems, path: string): void {
  problems.type(path, options, 'object');
  if (typeof options !== 'object' || options === null) return;
  const given = options as CommentOptions;
  problems.unknown(path, options, ['static', 'dynamic']);
  problems.type(`${path}.dynamic`, given.dynamic, 'function');
  problems.type(`${path}.static`, given.static, 'object');
  if (typeof given.static !== 'object' || given.static === null) return;
  for (const [name, value] of Object.entries(given.static)) {
    if (name === '') problems.add(`${path}.static`, 'has a tag without a name');
    if (!['string', 'number', 'boolean', 'undefined'].includes(typeof value)) {
      problems.add(`${path}.static.${name}`, 'must be a text, a number or a boolean', typeof value);
    }
  }
}

/** Puts tags on statements, as the last thing before they are sent. */
export class Comments {
  readonly #static: CommentTags;
  readonly #staticComment: string;
  readonly #dynamic: CommentOptions['dynamic'];

  constructor(options: CommentOptions) {
    this.#static = { ...options.static };
    this.#staticComment = commentOf(this.#static);
    this.#dynamic = options.dynamic;
  }

  /** The text as it is sent. */
  textOf({ text, name }: Statement): string {
    const comment = this.#dynamic === undefined || name ? this.#staticComment : this.#current(this.#dynamic);
    return comment === '' || text.includes('/*') || text.includes('--') ? text : text + comment;
  }

  #current(dynamic: () => CommentTags | undefined): string {
    let tags: CommentTags | undefined;
    try {
      tags = dynamic();
    } catch {
      // What only describes a statement must not keep it from running.
    }
    return tags === undefined ? this.#staticComment : commentOf({ ...this.#static, ...tags });
  }
}

/** ` /*a='1',b='2'*` + `/`, sorted by name; '' without tags. */
function commentOf(tags: CommentTags): string {
  const given = Object.entries(tags).filter(([name, value]) => name !== '' && value !== undefined);
  const pairs = given.map(([name, value]) => `${encoded(name)}='${encoded(String(value))}'`);
  return pairs.length === 0 ? '' : ` /*${pairs.toSorted().join(',')}*/`;
}

/** Nothing is left that could end the value, the comment, or a client's placeholder. */
function encoded(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\ufffd')).replace(
    /[!'()*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
