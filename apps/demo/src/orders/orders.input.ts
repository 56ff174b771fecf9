import { strategyNames } from '@nest-pooling/routing';
import { z } from 'zod';
import { skuSchema } from '../http/sku.js';

const newOrder = z.strictObject({
  sku: skuSchema,
  quantity: z.int().min(1).max(1_000),
  customer: z
    .string()
    .trim()
    .regex(/^\P{Cc}{1,80}$/u, 'must be 1 to 80 characters, no control characters')
    .default('guest'),
});

/** `POST /orders`. */
export const newOrderSchema = newOrder;

/** `POST /orders/batch`: a list, or an object around it. */
export const batchSchema = z.preprocess(
  (body) => (Array.isArray(body) ? { orders: body } : body),
  z.strictObject({ orders: z.array(newOrder).min(1).max(100) }),
);

/** `GET /orders?…`. */
export const listSchema = z.strictObject({
  strategy: z.enum(strategyNames).optional(),
  limit: z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .default('20')
    .transform(Number)
    .pipe(z.int().min(1).max(100)),
});

/** `GET /orders/:id`. */
export const idSchema = z.object({
  id: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'must be a whole number from 1 to 999999999')
    .transform(Number),
});

/** An order that a client wants to place. */
export type NewOrder = z.infer<typeof newOrder>;
/** Several of them. */
export type Batch = z.infer<typeof batchSchema>;
/** Which orders a client wants to see, and how a replica is chosen for that. */
export type ListQuery = z.infer<typeof listSchema>;
/** Which order. */
export type OrderId = z.infer<typeof idSchema>;
