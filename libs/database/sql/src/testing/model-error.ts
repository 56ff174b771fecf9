/** An error of the model, with a code that says what it stands for. */
export class ModelError extends Error {
  constructor(
    /** What it stands for: `lost`, `refused`, `role`, `constraint`, … */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
