import { z } from 'zod';
import { positiveFloat32 } from '../field-schemas/float32.ts';

// Phases of a training: which layers train at which learning rate for how many epochs, one after the other in one run.

/** Most epochs of a run. */
export const MOST_EPOCHS = 1_000_000;
const MOST_PHASES = 1_000;

/**
 * The layers that are frozen in a phase: those that are frozen in the model; all but the last layers with weights; or
 * those of the names, as the command that freezes layers takes them. Other layers train.
 */
export const phaseFreezingSchema = z.union([
  z.literal('model'),
  z.strictObject({ allButLast: z.number().int().min(1).max(100_000) }),
  z.array(z.string().min(1)).max(100_000),
]);
export type PhaseFreezing = z.infer<typeof phaseFreezingSchema>;

export const phaseSchema = z.strictObject({
  epochs: z.number().int().min(1).max(MOST_EPOCHS),
  /** Replaces the optimizer's from the phase's first step on. Absent: it does not change. */
  learningRate: positiveFloat32().optional(),
  /** Absent: it does not change; at the beginning it is as in the model. */
  frozen: phaseFreezingSchema.optional(),
});
export type Phase = z.infer<typeof phaseSchema>;

export const phasesSchema = z
  .array(phaseSchema)
  .min(1)
  .max(MOST_PHASES)
  .refine((phases) => phases.some(({ epochs }) => !Number.isInteger(epochs)) || epochsOf(phases) <= MOST_EPOCHS, {
    message: `expected phases of at most ${MOST_EPOCHS.toLocaleString('en')} epochs in all`,
  });

/** Epochs of all phases. */
export const epochsOf = (phases: readonly Phase[]): number => phases.reduce((sum, { epochs }) => sum + epochs, 0);

/** The phases with the number of completed epochs at which each begins. */
export function phaseStarts(phases: readonly Phase[]): { phase: Phase; start: number }[] {
  let start = 0;
  return phases.map((phase) => {
    const placed = { phase, start };
    start += phase.epochs;
    return placed;
  });
}

/** Phases of this many epochs: the last one is longer, or phases at the end are shorter or removed. */
export function fitPhases(phases: readonly Phase[], epochs: number): Phase[] {
  return phaseStarts(phases)
    .filter(({ start }, index) => index === 0 || start < epochs)
    .map(({ phase, start }, index, kept) => {
      const isLast = index === kept.length - 1;
      return isLast ? { ...phase, epochs: epochs - start } : phase;
    });
}

/** A configuration with another number of epochs; its phases then have as many. */
export function withEpochs<Configuration extends { readonly epochs: number; readonly phases?: Phase[] | undefined }>(
  configuration: Configuration,
  epochs: number,
): Configuration {
  const { phases } = configuration;
  return { ...configuration, epochs, ...(phases === undefined ? {} : { phases: fitPhases(phases, epochs) }) };
}

/** A configuration with phases, which decide the number of epochs; empty: without phases. */
export function withPhases<Configuration extends { readonly epochs: number; readonly phases?: Phase[] | undefined }>(
  configuration: Configuration,
  phases: readonly Phase[],
): Configuration {
  const { phases: _, ...others } = configuration;
  return phases.length === 0
    ? (others as Configuration)
    : { ...configuration, phases: [...phases], epochs: epochsOf(phases) };
}
