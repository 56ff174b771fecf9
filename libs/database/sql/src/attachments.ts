/** Something that the package of a driver keeps on a node, with sessions of its own. */
export interface Attachment {
  /** Ends it; settles when its sessions are closed. Never rejects. */
  close(): Promise<void>;
  /** Replaces its sessions. */
  evict(reason: string): void;
}

/** What ends with a node, and is renewed with its sessions. */
export class Attachments {
  readonly #all = new Set<Attachment>();

  /** Returns the function that forgets it. */
  add(attachment: Attachment): () => void {
    this.#all.add(attachment);
    return () => void this.#all.delete(attachment);
  }

  /** Replaces the sessions of all. */
  evict(reason: string): void {
    for (const attachment of this.#all) attachment.evict(reason);
  }

  /** Ends all. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map((attachment) => attachment.close()));
  }
}
