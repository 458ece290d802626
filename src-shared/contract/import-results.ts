import { z } from 'zod';
import { modelDocumentSchema } from '../document/schema/model-document.ts';
import { importLossSchema } from '../interchange/import-report.ts';
import { modelFormatNames } from './model-formats.ts';

// Result of opening a model file.

export const modelImportReportSchema = z.object({
  format: z.enum(modelFormatNames),
  /** The file's name without its folder. */
  file: z.string(),
  /** 'Keras 3.8.0'. */
  writtenBy: z.string(),
  /** Layers of the file, inputs included. */
  layers: z.number().int(),
  /** Nodes that are operations of the file, not layers. */
  operations: z.number().int(),
  /** Values in all weights of the model. */
  parameters: z.number().int(),
  /** Values in the file's weights, without the optimizer's; null: the file has no weights. */
  fileParameters: z.number().int().nullable(),
  /** Whether the file has the state of an optimizer, which is not read. */
  optimizerState: z.boolean(),
  /** What was changed or left out. */
  losses: z.array(importLossSchema),
});
export type ModelImportReport = z.infer<typeof modelImportReportSchema>;

export const importedModelSchema = z.object({
  /** Its weights, if the file has some, are in the project's `artifacts` folder. */
  document: modelDocumentSchema,
  report: modelImportReportSchema,
});
export type ImportedModelResult = z.infer<typeof importedModelSchema>;
