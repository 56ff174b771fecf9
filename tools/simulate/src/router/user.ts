import { Acknowledged } from './acknowledged.js';

/** Somebody whose requests come to any app instance, each with the token that the one before has given. */
export class User {
  token: string | undefined;
  /** What the token stands for. */
  acknowledged = new Acknowledged();
}
