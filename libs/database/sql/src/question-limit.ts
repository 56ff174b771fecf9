/**
 * Ends a question to a server from outside: when its time is over, or when nobody asks any more. Most questions go to a session that is
 * there, so that an `AbortController`, which is dear, is made only to connect.
 */
export class QuestionLimit {
  /** Why it is over. */
  reason: Error | undefined;
  #connecting: AbortController | undefined;
  #reject: ((reason: Error) => void) | undefined;

  /** Aborts when it is over; for connecting. */
  get signal(): AbortSignal {
    this.#connecting ??= new AbortController();
    if (this.reason !== undefined) this.#connecting.abort(this.reason);
    return this.#connecting.signal;
  }

  /** It is over. The first reason counts. */
  end(reason: Error): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.#connecting?.abort(reason);
    this.#reject?.(reason);
  }

  /** What `work` settles to, or the reason should it be over before. */
  bound<R>(work: Promise<R>): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      work.then(resolve, reject);
    });
  }
}
