import type { Command } from './options/command.ts';

interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Imports the command: the program loads only the one that it runs. */
  load(): Promise<Command>;
}

export const commands: readonly CommandEntry[] = [
  {
    name: 'train',
    summary: "Trains a project's model and records the run.",
    load: async () => (await import('./commands/train.ts')).trainCommand,
  },
  {
    name: 'pause',
    summary: 'Pauses a run that trains.',
    load: async () => (await import('./commands/command-run.ts')).pauseCommand,
  },
  {
    name: 'resume',
    summary: 'Continues a paused run.',
    load: async () => (await import('./commands/command-run.ts')).resumeCommand,
  },
  {
    name: 'stop',
    summary: 'Stops a run that trains, and saves its state.',
    load: async () => (await import('./commands/command-run.ts')).stopCommand,
  },
  {
    name: 'set',
    summary: 'Changes settings of a run while it trains.',
    load: async () => (await import('./commands/command-run.ts')).setCommand,
  },
  {
    name: 'evaluate',
    summary: 'Measures a trained model on a split of its data.',
    load: async () => (await import('./commands/evaluate.ts')).evaluateCommand,
  },
  {
    name: 'predict',
    summary: 'Predicts for the rows of a file.',
    load: async () => (await import('./commands/predict.ts')).predictCommand,
  },
  {
    name: 'data',
    summary: 'Says what a file or folder of data is, and how it is read.',
    load: async () => (await import('./commands/data.ts')).dataCommand,
  },
  {
    name: 'import',
    summary: "Opens a model file of another program as a project's model.",
    load: async () => (await import('./commands/import.ts')).importCommand,
  },
  {
    name: 'new-head',
    summary: "Keeps and freezes a model up to a layer, and adds a head for the data's targets.",
    load: async () => (await import('./commands/new-head.ts')).newHeadCommand,
  },
  {
    name: 'pretrain',
    summary: 'Trains layers without targets, to reproduce their input, and gives the model their weights.',
    load: async () => (await import('./commands/pretrain.ts')).pretrainCommand,
  },
  {
    name: 'sweep',
    summary: 'How many layers to reuse? Trains several cuts and freezes of a model and compares them.',
    load: async () => (await import('./commands/sweep.ts')).sweepCommand,
  },
  {
    name: 'export',
    summary: 'Writes a trained model for use elsewhere.',
    load: async () => (await import('./commands/export.ts')).exportCommand,
  },
  {
    name: 'runs',
    summary: "Lists a project's runs.",
    load: async () => (await import('./commands/runs.ts')).runsCommand,
  },
  {
    name: 'doctor',
    summary: 'Says which engines work here and what the others lack.',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
];
