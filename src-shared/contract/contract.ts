import { z } from 'zod';
import { dataSourceSchema, datasetDocumentSchema, splitNameSchema } from '../data/dataset-document.ts';
import { dataChangeSchema } from '../data/data-change.ts';
import { featureSpecSchema, rowCountsSchema } from '../data/prepared.ts';
import { artifactHashSchema, modelDocumentSchema, modelWeightsSchema } from '../document/schema/model-document.ts';
import { recordedCommandSchema, runCommandSchema } from '../training/commands/run-command.ts';
import { trainingConfigurationSchema } from '../training/configuration/configuration.ts';
import {
  checkpointKindSchema as checkpointKind,
  continueFromSchema,
  engineNameSchema,
  engineUseSchema,
  epochRecordSchema,
  metricValuesSchema,
  runRecordSchema,
  runSummarySchema,
  testResultSchema,
} from '../training/run/run.ts';
import { newGroupSchema } from '../training/run/run-group.ts';
import { runStateSchema } from '../training/run/run-state.ts';
import { queuedRunSchema, runsAtOnceSchema } from '../training/run/run-queue.ts';
import { appErrorSchema } from '../errors/app-error.ts';
import { importedModelSchema, importPartSchema, otherProjectSchema } from './import-results.ts';
import { cacheSchema, dataProfileSchema, picturesPageSchema } from './data-results.ts';
import {
  DEFAULT_DRAWS,
  exportFormats,
  inputRowSchema,
  rowPredictionSchema,
  sampleSchema,
  seriesSchema,
  weightChangeSchema,
} from './run-results.ts';

/**
 * Everything that crosses between window and core: requests, events and their schemas.
 * Transports, handlers and the client are derived from these two maps.
 */

const runId = z.string().min(1);
const groupId = z.string().min(1);
const groupStarted = z.object({ groupId, runIds: z.array(runId) });
const queueKey = z.string().min(1);

export const projectSnapshotSchema = z.object({
  folder: z.string(),
  name: z.string(),
  /** File name of the open model document. */
  modelFile: z.string(),
  model: modelDocumentSchema,
  modelRevision: z.number().int(),
  datasetFile: z.string(),
  dataset: datasetDocumentSchema,
  datasetRevision: z.number().int(),
  configuration: trainingConfigurationSchema,
  configurationRevision: z.number().int(),
  /** What could not be read, with what was used instead. */
  warnings: z.array(appErrorSchema),
  /** Why the project is read-only: a newer Lamina wrote a document, of which only the known parts are shown. */
  readOnly: appErrorSchema.nullable(),
});
export type ProjectSnapshot = z.infer<typeof projectSnapshotSchema>;

export const engineStatusSchema = z.object({
  name: engineNameSchema,
  state: z.enum(['ready', 'missing', 'broken', 'installing']),
  version: z.string().nullable(),
  /** 'CPU (2 cores)', 'GPU: NVIDIA …'. */
  device: z.string().nullable(),
  /** True for the engine that `auto` picks. */
  preferred: z.boolean(),
  /** Why it is preferred, or what it lacks and the remedy. */
  reason: z.string(),
  gflops: z.number().nullable(),
  /** Largest relative difference from float64 in the training of a small network. */
  difference: z.number().nullable(),
});
export type EngineStatus = z.infer<typeof engineStatusSchema>;

export const preferencesSchema = z.object({
  theme: z.enum(['system', 'light', 'dark']),
  /** Runs of this user that train on this machine at once; others wait. */
  runsAtOnce: runsAtOnceSchema,
  /** Opaque layout state of the window: panel sizes, collapsed panels. */
  layout: z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])),
});
export type Preferences = z.infer<typeof preferencesSchema>;

export const projectPlaceSchema = z.object({ folder: z.string(), name: z.string() });
/** A project by its folder. */
export type ProjectPlace = z.infer<typeof projectPlaceSchema>;

const saved = z.object({
  revision: z.number().int(),
  /** File names under which damaged documents were kept before they were replaced. */
  setAside: z.array(z.string()),
});

/** Answered at once. */
const request = <Params extends z.ZodType, Result extends z.ZodType>(params: Params, result: Result) =>
  ({ params, result, slow: false }) as const;

/** May take minutes: it reads a data set, starts or waits for another process, or waits until a project is open. */
const slowRequest = <Params extends z.ZodType, Result extends z.ZodType>(params: Params, result: Result) =>
  ({ params, result, slow: true }) as const;

export const requests = {
  'app.info': request(
    z.object({}),
    z.object({ version: z.string(), platform: z.string(), shell: z.enum(['electron', 'browser', 'cli']) }),
  ),
  'preferences.get': request(z.object({}), preferencesSchema),
  'preferences.set': request(preferencesSchema.partial(), preferencesSchema),

  'project.get': slowRequest(z.object({}), projectSnapshotSchema),
  /** Opens another project folder in this core; a folder without a project becomes one when `create` is true. */
  'project.open': slowRequest(z.object({ folder: z.string(), create: z.boolean() }), projectSnapshotSchema),
  /** Existing projects that were opened before, the last first, and the bundled examples. */
  'project.places': request(
    z.object({}),
    z.object({ recent: z.array(projectPlaceSchema), examples: z.array(projectPlaceSchema) }),
  ),
  /** Opens the person's own copy of a bundled example, made where there is none. */
  'project.openExample': slowRequest(z.object({ folder: z.string() }), projectSnapshotSchema),
  /** Saves are atomic. A stale `baseRevision` is refused with 'project/changed-elsewhere', a read-only project with 'document/newer-version'. */
  'project.saveModel': request(z.object({ document: modelDocumentSchema, baseRevision: z.number().int() }), saved),
  'project.saveDataset': request(z.object({ document: datasetDocumentSchema, baseRevision: z.number().int() }), saved),
  'project.saveConfiguration': request(
    z.object({ configuration: trainingConfigurationSchema, baseRevision: z.number().int() }),
    saved,
  ),

  /** Keeps files of `artifacts/` that the undo history of the window names, while the project is open. */
  'project.holdWeights': request(z.object({ files: z.array(artifactHashSchema) }), z.object({})),

  /**
   * Reads a model file of another program, or a model of another project, on the machine that core runs on, with its
   * weights. The project's model stays: the window replaces it by the result.
   */
  'project.importModel': slowRequest(
    z.object({
      path: z.string().min(1),
      /** Of a project. Default: its model. */
      part: importPartSchema.optional(),
      /** New runs continue from the state of the file's optimizer, where it can be read. Default: no. */
      optimizerState: z.boolean().optional(),
    }),
    importedModelSchema,
  ),
  /** What can be opened of another project. */
  'project.readOther': slowRequest(z.object({ folder: z.string().min(1) }), otherProjectSchema),

  /** Writes the known parts of the documents, with the weights that they name, into an empty or a new folder. Runs are not copied. */
  'project.saveCopy': slowRequest(z.object({ folder: z.string().min(1) }), z.object({ folder: z.string() })),

  /** Folders and files on the machine that core runs on, for choosing data. An empty folder means the project's. */
  'files.list': request(
    z.object({ folder: z.string() }),
    z.object({
      folder: z.string(),
      parent: z.string().nullable(),
      isProject: z.boolean(),
      entries: z.array(
        z.object({ name: z.string(), path: z.string(), kind: z.enum(['folder', 'file']), sizeBytes: z.number() }),
      ),
    }),
  ),
  'files.makeFolder': request(z.object({ folder: z.string().min(1) }), z.object({ folder: z.string() })),
  /** Which data source a path is, with columns guessed. */
  /** `replaced`: the source in whose place it comes; its options for reading stay if it is of the same kind. */
  'dataset.detect': slowRequest(
    z.object({ path: z.string(), replaced: dataSourceSchema.optional() }),
    datasetDocumentSchema,
  ),
  'dataset.profile': slowRequest(z.object({ document: datasetDocumentSchema }), dataProfileSchema),
  /**
   * Pictures or pairs of a folder of pictures, in the order of its rows, without files that are not pictures; or those
   * that a column of a table names, each once, in the order of the rows.
   */
  'dataset.pictures': slowRequest(
    z.object({
      document: datasetDocumentSchema,
      offset: z.number().int().min(0),
      count: z.number().int().min(1).max(200),
      /** Of several image columns of a table; absent: the first. */
      column: z.string().optional(),
      /** Of the first picture of a pair. Absent: all. */
      className: z.string().optional(),
      /** Absent: all. */
      split: splitNameSchema.optional(),
    }),
    picturesPageSchema,
  ),
  /** Splits and fits; what a model will be given. */
  'dataset.prepare': slowRequest(
    z.object({ document: datasetDocumentSchema }),
    z.object({ spec: featureSpecSchema, rows: rowCountsSchema }),
  ),

  /**
   * Trains the project's saved model, as soon as fewer runs train than `runsAtOnce`. With `continueFrom`, starts from that
   * run's checkpoint. With `repeat`, trains that run again with the same numbers. With `documents`, trains these.
   */
  'training.start': slowRequest(
    z.object({
      name: z.string().optional(),
      continueFrom: continueFromSchema
        .extend({
          /** Whose model, data set and configuration; the project's where absent. */
          settings: z.enum(['project', 'run']).optional(),
          /** Total epochs, including those already trained; overrides the configuration. */
          epochs: z.number().int().min(1).max(1_000_000).optional(),
        })
        .optional(),
      repeat: runId.optional(),
      /** In place of the project's, for this run only. */
      documents: z
        .object({
          model: modelDocumentSchema,
          dataset: datasetDocumentSchema,
          configuration: trainingConfigurationSchema,
        })
        .optional(),
    }),
    z.object({ runId }),
  ),

  /** Trains each variant with each seed, as one group: all runs enter the queue or, where one is refused, none. */
  'training.startGroup': slowRequest(newGroupSchema, groupStarted),
  /** Trains the runs of a group that were stopped or interrupted. The new runs replace them in the group. */
  'training.continueGroup': slowRequest(z.object({ groupId }), groupStarted),
  /** Stops all runs of a group that train or wait. */
  'training.stopGroup': slowRequest(z.object({ groupId }), z.object({})),

  'runs.list': request(z.object({}), z.array(runSummarySchema)),
  'runs.get': request(z.object({ runId }), runRecordSchema),
  'runs.series': request(z.object({ runId, maxPoints: z.number().int().min(10).max(20_000) }), seriesSchema),
  'runs.rename': request(z.object({ runId, name: z.string().min(1) }), runSummarySchema),
  'runs.delete': request(z.object({ runId }), z.object({})),
  /** Keeps the weights of a checkpoint apart from the run. The result is for the model that will start from them. */
  'runs.keepWeights': request(z.object({ runId, checkpoint: checkpointKind }), modelWeightsSchema),
  /** As `runs.keepWeights`; the weights `over`, of a model, stay where the run has none of the same name. */
  'weights.keepOver': slowRequest(
    z.object({ runId, checkpoint: checkpointKind, over: modelWeightsSchema }),
    modelWeightsSchema,
  ),
  /** Names and shapes of the tensors in a file of `artifacts/`. */
  'weights.shapes': request(
    z.object({ file: artifactHashSchema }),
    z.array(z.object({ name: z.string(), shape: z.array(z.number().int()) })),
  ),
  /** Answered when the trainer has received the command; the event 'run.command' reports that it was applied. */
  'runs.command': request(z.object({ runId, command: runCommandSchema }), z.object({})),
  'runs.evaluate': slowRequest(
    z.object({ runId, checkpoint: checkpointKind, split: splitNameSchema }),
    testResultSchema,
  ),
  'runs.predict': slowRequest(
    z.object({
      runId,
      checkpoint: checkpointKind,
      rows: z.array(inputRowSchema).min(1).max(10_000),
      /** Draws of each row where the model has Monte Carlo layers. */
      draws: z.number().int().min(1).max(10_000).default(DEFAULT_DRAWS),
    }),
    z.array(rowPredictionSchema),
  ),
  /** Changes of the run's files since its training; null: none. Compares hashes only, without parsing the data. */
  'runs.dataChange': slowRequest(z.object({ runId, split: splitNameSchema }), dataChangeSchema.nullable()),
  /** Rows of a split with their true targets, for trying the model on. */
  'runs.samples': slowRequest(
    z.object({
      runId,
      split: splitNameSchema,
      count: z.number().int().min(1).max(200),
      offset: z.number().int().min(0),
    }),
    z.array(sampleSchema),
  ),
  'runs.weightChanges': slowRequest(z.object({ runId, checkpoint: checkpointKind }), z.array(weightChangeSchema)),
  'runs.export': slowRequest(
    z.object({ runId, checkpoint: checkpointKind, format: z.enum(exportFormats), folder: z.string() }),
    z.object({
      folder: z.string(),
      files: z.array(z.string()),
      sizeBytes: z.number(),
      /** What was compared with the run: the written files or, without TensorFlow, the program in them; null: nothing. */
      compared: z.enum(['files', 'program']).nullable(),
      /** Largest difference of a prediction, relative to the largest prediction of its output or 1. */
      maxDifference: z.number().nullable(),
      /** The engine of the run's predictions. */
      engine: engineUseSchema,
      dataChange: dataChangeSchema.nullable(),
    }),
  ),

  /** Runs of this user on this machine that train or wait, of all projects; those that wait in the order of their start. */
  'queue.list': request(z.object({}), z.array(queuedRunSchema)),
  /** Moves a waiting run before another one, or to the end. A run that has started or left stays where it is. */
  'queue.move': request(z.object({ key: queueKey, before: queueKey.nullable() }), z.object({})),
  /** Removes a waiting run; it is recorded as stopped. A run that has started stays. */
  'queue.remove': request(z.object({ key: queueKey }), z.object({})),

  /** The prepared copies of data files, for all projects of this user. */
  'cache.get': slowRequest(z.object({}), cacheSchema),
  /** Removes them; data files are read again when they are needed. */
  'cache.clear': slowRequest(z.object({}), cacheSchema),

  'engines.status': slowRequest(z.object({}), z.array(engineStatusSchema)),
  /** Starts the installation a person asked for; progress comes as events. */
  'engines.install': request(z.object({ name: engineNameSchema, archive: z.string().optional() }), z.object({})),
} as const;

export const events = {
  'project.changed': z.object({
    what: z.enum(['model', 'dataset', 'configuration', 'project']),
    revision: z.number().int(),
  }),
  /** Created, renamed, changed state, got a test result. */
  'run.changed': z.object({ summary: runSummarySchema }),
  'run.deleted': z.object({ runId }),
  /** At most ten a second. `points` are new [step, loss] since the last event, decimated. */
  'run.progress': z.object({
    runId,
    seq: z.number().int(),
    state: runStateSchema,
    /** What is happening before and between steps, for a person: 'Reading data', 'Validating'. */
    activity: z.string(),
    step: z.number().int(),
    totalSteps: z.number().int(),
    epoch: z.number().int(),
    epochs: z.number().int(),
    stepsPerSecond: z.number().nullable(),
    secondsLeft: z.number().nullable(),
    /** Running averages of this epoch. */
    metrics: metricValuesSchema,
    points: z.array(z.tuple([z.number(), z.number()])),
  }),
  /** A warning for the user about this training; the run's record has all of them. */
  /** A run has recorded how it is carried out. */
  'run.carriedOut': z.object({ runId }),
  'run.warning': z.object({ runId, message: z.string() }),
  /** A command was applied and recorded. */
  'run.command': z.object({ runId, recorded: recordedCommandSchema }),
  /** A command was not applied; a warning says why. */
  'run.refused': z.object({ runId, command: runCommandSchema }),
  'run.epoch': z.object({ runId, seq: z.number().int(), record: epochRecordSchema }),
  'queue.changed': z.object({ queue: z.array(queuedRunSchema) }),
  'engines.changed': z.object({ engines: z.array(engineStatusSchema) }),
  'engines.installProgress': z.object({
    name: engineNameSchema,
    step: z.string(),
    fraction: z.number().nullable(),
    done: z.boolean(),
    error: appErrorSchema.nullable(),
  }),
} as const;

export type RequestName = keyof typeof requests;
export type SlowRequestName = {
  [Name in RequestName]: (typeof requests)[Name]['slow'] extends true ? Name : never;
}[RequestName];
/** As they are sent; parameters with a default may be absent. */
export type RequestParams<Name extends RequestName> = z.input<(typeof requests)[Name]['params']>;
/** As core receives them: checked, with defaults. */
export type CheckedParams<Name extends RequestName> = z.output<(typeof requests)[Name]['params']>;
export type RequestResult<Name extends RequestName> = z.output<(typeof requests)[Name]['result']>;
export type EventName = keyof typeof events;
export type EventPayload<Name extends EventName> = z.output<(typeof events)[Name]>;
