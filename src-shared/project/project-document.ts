import { z } from 'zod';
import { trainingConfigurationSchema } from '../training/configuration/configuration.ts';

/**
 * The project document: `lamina-project.json`, which makes a folder a project. It names
 * the model and dataset documents in the same folder and holds how the model is trained.
 */
export const PROJECT_FORMAT = 'lamina.project';
export const PROJECT_VERSION = 1;
export const PROJECT_FILE = 'lamina-project.json';

export const MODEL_SUFFIX = '.lamina.json';
export const DATASET_SUFFIX = '.dataset.json';

/** A plain file name inside the project folder, so that a project cannot reach outside its folder. */
const fileName = z
  .string()
  .min(1)
  .refine((name) => !/[/\\]/.test(name) && name !== '.' && name !== '..', 'expected a file name without folders');

export const projectDocumentSchema = z.object({
  format: z.literal(PROJECT_FORMAT),
  version: z.literal(PROJECT_VERSION),
  name: z.string().min(1),
  /** File name of the model document. */
  modelFile: fileName,
  /** File name of the dataset document. */
  datasetFile: fileName,
  configuration: trainingConfigurationSchema,
});

export type ProjectDocument = z.infer<typeof projectDocumentSchema>;

/** True if a folder with these file names is a project. */
export function isProject(names: readonly string[]): boolean {
  return names.some((name) => name === PROJECT_FILE || name.endsWith(MODEL_SUFFIX));
}
