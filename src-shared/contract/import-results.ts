import { z } from 'zod';
import { appErrorSchema } from '../errors/app-error.ts';
import { runSummarySchema } from '../training/run/run.ts';
import { modelDocumentSchema } from '../document/schema/model-document.ts';
import { importLossSchema, layerRowSchema, weightMatchSchema } from '../interchange/import-report.ts';
import { modelFormatNames } from './model-formats.ts';

// Opening a model file, or a model of another project.

export const modelImportReportSchema = z.object({
  format: z.enum(modelFormatNames),
  /** The file's name without its folder, or the project's name. */
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
  /** Every layer of the file, in its order. */
  rows: z.array(layerRowSchema),
  /** Tensors of a file with weights only, which are put onto the project's model; null: the file has a model. */
  matches: z.array(weightMatchSchema).nullable(),
});
export type ModelImportReport = z.infer<typeof modelImportReportSchema>;

export const importedModelSchema = z.object({
  /** Its weights, if the file has some, are in the project's `artifacts` folder. */
  document: modelDocumentSchema,
  report: modelImportReportSchema,
});
export type ImportedModelResult = z.infer<typeof importedModelSchema>;

/** What is opened of another project. */
export const importPartSchema = z.object({
  /** Number, name or id; null: the project's model, with the weights that it starts from. */
  run: z.string().min(1).nullable(),
  /** Absent: those that the run is used with. */
  checkpoint: z.enum(['best', 'last']).optional(),
});
export type ImportPart = z.infer<typeof importPartSchema>;

/** A project from which a model can be opened. */
export const otherProjectSchema = z.object({
  name: z.string(),
  folder: z.string(),
  /** Null: it cannot be opened. */
  model: z
    .object({
      name: z.string(),
      layers: z.number().int(),
      /** Origin of its first weights; null: the seed. */
      weights: z.string().nullable(),
    })
    .nullable(),
  modelProblem: appErrorSchema.nullable(),
  /** Those with weights, newest first. */
  runs: z.array(runSummarySchema),
  runsProblem: appErrorSchema.nullable(),
});
export type OtherProject = z.infer<typeof otherProjectSchema>;
