import { z } from 'zod';
import type { ModelDocument } from '../../document/schema/model-document.ts';
import { earlyStoppingSchema } from '../callbacks/early-stopping.ts';
import { trainingConfigurationSchema } from '../configuration/configuration.ts';
import type { TrainingConfiguration } from '../configuration/configuration.ts';
import { withEpochs } from '../configuration/phases.ts';
import { positiveFloat32 } from '../field-schemas/float32.ts';
import { freezingSchema, withFrozen } from './freezing.ts';

/** Settings that can change while a run trains; absent ones do not change. */
export const settingsPatchSchema = z
  .object({
    /** Replaces the optimizer's; the schedule continues from its position. */
    learningRate: positiveFloat32().optional(),
    /** Schedules that use the run's end are computed with it from the next step. */
    epochs: trainingConfigurationSchema.shape.epochs.optional(),
    /** Of early stopping. */
    patience: earlyStoppingSchema.shape.patience.unwrap().optional(),
    frozen: z.array(freezingSchema).optional(),
  })
  .refine((patch) => Object.values(patch).some((value) => value !== undefined), 'expected at least one setting');
export type SettingsPatch = z.infer<typeof settingsPatchSchema>;

const settingsCommandSchema = z.object({
  kind: z.literal('set'),
  patch: settingsPatchSchema,
  /** Number of the phase that begins with it; absent: a person changes settings. */
  phase: z.number().int().positive().optional(),
});

/** A command to a run that trains. It applies between two steps. */
export const runCommandSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('pause') }),
  z.object({ kind: z.literal('resume') }),
  /** `now`: the state of that step is saved; `epoch`: when the current epoch has ended. */
  z.object({ kind: z.literal('stop'), when: z.enum(['now', 'epoch']) }),
  z.object({ kind: z.literal('checkpoint') }),
  settingsCommandSchema,
]);
export type RunCommand = z.infer<typeof runCommandSchema>;
export type CommandKind = RunCommand['kind'];

/**
 * A command with the position where it was applied. A run that repeats or resumes another one applies its `set` commands
 * at the same position; the others are history.
 */
export const recordedCommandSchema = z.object({
  /** Order of the run's commands. */
  seq: z.number().int().positive(),
  /** Optimizer updates before it was applied. */
  step: z.number().int().nonnegative(),
  /** Completed epochs. */
  epoch: z.number().int().nonnegative(),
  /** Time, ISO 8601. */
  at: z.string(),
  command: runCommandSchema,
});
export type RecordedCommand = z.infer<typeof recordedCommandSchema>;

/** A `set` command with its position. */
export const recordedSettingsSchema = recordedCommandSchema.extend({
  command: settingsCommandSchema,
});
export type RecordedSettings = z.infer<typeof recordedSettingsSchema>;

export const isSettings = (recorded: RecordedCommand): recorded is RecordedSettings => recorded.command.kind === 'set';

/**
 * True if a recorded command has been applied. A run also records commands that it will apply: those of its phases, and
 * those of the run that it repeats or resumes.
 */
export function isApplied(
  { at, step, command }: RecordedCommand,
  run: { readonly createdAt: string; readonly stepsDone: number },
): boolean {
  const isPlanned = command.kind === 'set' && command.phase !== undefined;
  return step <= run.stepsDone || (!isPlanned && at >= run.createdAt);
}

const SETTING_NAMES: Readonly<Record<keyof SettingsPatch, string>> = {
  learningRate: 'the learning rate',
  epochs: 'epochs',
  patience: 'patience',
  frozen: 'frozen layers',
};

/** 'the learning rate, epochs'. */
export function settingNames(patch: SettingsPatch): string {
  return Object.entries(SETTING_NAMES)
    .flatMap(([setting, name]) => (patch[setting as keyof SettingsPatch] === undefined ? [] : [name]))
    .join(', ');
}

/** The settings of a configuration that can change while a run trains. */
export function settingsOf({ optimizer, epochs, earlyStopping }: TrainingConfiguration): SettingsPatch {
  return {
    learningRate: optimizer.learningRate,
    epochs,
    ...(earlyStopping === undefined ? {} : { patience: earlyStopping.patience }),
  };
}

/** A configuration with changed settings. Frozen layers are part of the model, not of the configuration. */
export function withPatch(
  configuration: TrainingConfiguration,
  { learningRate, epochs, patience }: SettingsPatch,
): TrainingConfiguration {
  const { optimizer, earlyStopping } = configuration;
  return {
    ...(epochs === undefined ? configuration : withEpochs(configuration, epochs)),
    ...(learningRate === undefined ? {} : { optimizer: { ...optimizer, learningRate } }),
    ...(patience === undefined || earlyStopping === undefined ? {} : { earlyStopping: { ...earlyStopping, patience } }),
  };
}

/** The configuration after these commands, in order. */
export function configurationAfter(
  configuration: TrainingConfiguration,
  commands: readonly RecordedCommand[],
): TrainingConfiguration {
  return commands.filter(isSettings).reduce((before, { command }) => withPatch(before, command.patch), configuration);
}

/** The model after these commands, in order. */
export function modelAfter(model: ModelDocument, commands: readonly RecordedCommand[]): ModelDocument {
  return commands.filter(isSettings).reduce((before, { command }) => withFrozen(before, command.patch.frozen), model);
}
