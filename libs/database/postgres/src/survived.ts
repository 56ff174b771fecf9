const survived = new WeakSet<object>();

/** Notes that the server has said after this error that it is ready for the next statement; answers the error. */
export function survivor(error: unknown): unknown {
  if (typeof error === 'object' && error !== null) survived.add(error);
  return error;
}

/**
 * Whether the connection has outlived an error. Its severity cannot tell, since servers translate it; and its code neither: a function
 * can raise any, a foreign server passes on its own, and a wrong number of parameters is a broken protocol to the server.
 */
export function hasSurvived(error: unknown): boolean {
  return typeof error === 'object' && error !== null && survived.has(error);
}
