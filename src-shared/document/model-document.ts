import { z } from 'zod';

/**
 * The model document: what `*.lamina.json` holds. Plain data, versioned; no tensors,
 * no selection, no runtime status.
 */
export const MODEL_FORMAT = 'lamina.model';
export const MODEL_VERSION = 1;

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

export const jsonValueSchema: z.ZodType<JsonValue> = z.lazy(() =>
  z.union([
    z.string(),
    z.number(),
    z.boolean(),
    z.null(),
    z.array(jsonValueSchema),
    z.record(z.string(), jsonValueSchema),
  ]),
);

export const modelNodeSchema = z.object({
  /** Unique in the document, never shown. */
  id: z.string().min(1),
  /** A kind of the layer catalog: 'Input', 'Dense', …, 'Output'. */
  kind: z.string().min(1),
  /** Shown and used as the Keras layer name; unique in the document. */
  name: z.string(),
  /** Values of the kind's parameters (camelCase of Keras's names); absent ones take the catalog's default. */
  params: z.record(z.string(), jsonValueSchema),
  /** Top left corner on the canvas, in pixels at zoom 1. */
  position: z.object({ x: z.number(), y: z.number() }),
  /** True: no weight of this layer changes in training. */
  frozen: z.boolean(),
});

export const modelEdgeSchema = z.object({
  id: z.string().min(1),
  source: z.string().min(1),
  target: z.string().min(1),
});

export const modelDocumentSchema = z.object({
  format: z.literal(MODEL_FORMAT),
  version: z.literal(MODEL_VERSION),
  name: z.string(),
  nodes: z.array(modelNodeSchema),
  /** Order matters where a node has several inputs (Subtract, Concatenate). */
  edges: z.array(modelEdgeSchema),
});

export type ModelNode = z.infer<typeof modelNodeSchema>;
export type ModelEdge = z.infer<typeof modelEdgeSchema>;
export type ModelDocument = z.infer<typeof modelDocumentSchema>;
