/** Waits for all, and then throws what the first that failed has thrown: nobody is to be at work when the caller clears up. */
export async function allSettled(work: readonly Promise<unknown>[]): Promise<void> {
  const ends = await Promise.allSettled(work);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
