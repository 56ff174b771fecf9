import { z } from 'zod';

/** The name of a product, in every input. */
export const skuSchema = z
  .string()
  .regex(/^[a-z0-9-]{1,40}$/, 'must be 1 to 40 small letters, digits and dashes');
