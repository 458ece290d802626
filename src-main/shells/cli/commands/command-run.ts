import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { settingsPatchSchema } from '../../../../src-shared/training/commands/run-command.ts';
import type { RunCommand, SettingsPatch } from '../../../../src-shared/training/commands/run-command.ts';
import { hasEnded, isActive } from '../../../../src-shared/training/run/run-state.ts';
import type { RunState } from '../../../../src-shared/training/run/run-state.ts';
import type { RunRecord, RunSummary } from '../../../../src-shared/training/run/run.ts';
import { issuesText } from '../../../../src-shared/text/issue-text.ts';
import { sameJson } from '../../../../src-shared/text/same-json.ts';
import type { OpenRuns } from '../../../core/projects/project-session.ts';
import { text, wholeNumber } from '../options/arguments.ts';
import { EXIT, jsonOption } from '../options/command.ts';
import type { Command, CommandOption, OptionValues } from '../options/command.ts';
import { freezingOptions, freezingOf } from '../options/freezing.ts';
import { withProject } from '../options/open-project.ts';
import { untilStopped } from '../options/stop-signal.ts';
import { describeRun } from '../terminal/format.ts';

/** Interval at which a command looks whether the run has reached the state that it waits for. */
const POLL_MS = 200;
/** Time after which a command that waits for a paused run prints a note. */
const PAUSED_MS = 2_000;
const MAX_COUNT = 1_000_000;

const activeRunOption: CommandOption = {
  type: 'string',
  placeholder: 'RUN',
  help: 'Which run: its number or its id. By default the one that trains.',
};

interface RunCommandWords {
  readonly name: string;
  readonly summary: string;
  readonly options?: Readonly<Record<string, CommandOption>>;
  readonly examples: Command['examples'];
  /** @throws AppError 'cli/bad-arguments', 'training/cannot-set'. */
  command(options: OptionValues, run: RunRecord): RunCommand;
  /** Called before the command is sent. Absent: this program does not wait for its effect. */
  waitsFor?(command: RunCommand, store: OpenRuns['store'], id: string): Reached;
}

/** True once the command has its effect. @throws AppError if the run has refused it. */
type Reached = (state: RunState) => boolean;

/** A command of the command line that sends a command to a run of any program. */
function commandToRun({
  name,
  summary,
  options: own = {},
  examples,
  command,
  waitsFor = () => () => true,
}: RunCommandWords): Command {
  return {
    name,
    summary,
    usage: '<project folder> [options]',
    positionals: { min: 1, max: 1 },
    options: { run: activeRunOption, ...own, json: jsonOption },
    examples,
    async run([folder = '.'], options, output) {
      const send = (signal: AbortSignal): Promise<number> =>
        withProject(folder, async (session) => {
          const { store, supervisor } = await session.openRuns();
          const { id } = activeRun(store, text(options, 'run'));
          const sent = command(options, store.get(id));
          const reached = waitsFor(sent, store, id);
          await supervisor.command(id, sent);
          const run = await until(store, id, signal, reached, ({ number }) =>
            output.note(
              `Run ${number} is paused. It freezes and unfreezes layers at the end of the gradient accumulation, after 'lamina resume'. Ctrl-C ends this program; the run keeps the command.`,
            ),
          );
          const { number, state, stepsDone, epochsDone } = run;
          if (options['json'] === true) output.json({ runId: id, number, state, stepsDone, epochsDone });
          else
            output.line(
              `${describeRun(run)}: ${state}, step ${stepsDone.toLocaleString('en')}, ${epochsDone} of ${run.epochs} epochs`,
            );
          return EXIT.done;
        });
      return untilStopped(send, (status) => status);
    },
  };
}

/** @throws AppError 'runs/none' if no run trains, 'runs/ambiguous' if several do and none is named; 'runs/unknown'. */
function activeRun(store: OpenRuns['store'], asked: string | undefined): RunSummary {
  if (asked !== undefined) return store.summary(store.resolve(asked));
  const active = store.list().filter(({ state }) => isActive(state));
  const [only] = active;
  if (only === undefined) {
    throw new AppError('runs/none', "Expected a run that trains; there is none. 'lamina runs' lists the runs.", {
      folder: store.folder,
    });
  }
  if (active.length === 1) return only;
  throw new AppError(
    'runs/ambiguous',
    `Several runs train: ${active.map(({ number }) => number).join(', ')}. Choose one with --run.`,
    { folder: store.folder },
  );
}

/** @param onPaused Called once if the run stays paused while the command has no effect. */
async function until(
  store: OpenRuns['store'],
  id: string,
  signal: AbortSignal,
  reached: Reached,
  onPaused: (run: RunSummary) => void,
): Promise<RunSummary> {
  let pausedAt: number | null = null;
  let noted = false;
  for (;;) {
    store.recover();
    const run = store.summary(id);
    if (reached(run.state) || hasEnded(run.state)) return run;
    pausedAt = run.state === 'paused' ? (pausedAt ?? performance.now()) : null;
    if (!noted && pausedAt !== null && performance.now() - pausedAt > PAUSED_MS) {
      onPaused(run);
      noted = true;
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

export const pauseCommand = commandToRun({
  name: 'pause',
  summary: 'Pauses a run that trains. It keeps its memory, and its state is saved.',
  examples: [['lamina pause examples/mnist', 'Waits until the run is paused.']],
  command: () => ({ kind: 'pause' }),
  waitsFor: () => (state) => state !== 'pausing',
});

export const resumeCommand = commandToRun({
  name: 'resume',
  summary: 'Continues a paused run.',
  examples: [['lamina resume examples/mnist', "A run that has ended is continued by 'lamina train --resume'."]],
  command: () => ({ kind: 'resume' }),
});

export const stopCommand = commandToRun({
  name: 'stop',
  summary: 'Stops a run that trains, and saves its state.',
  options: { 'after-epoch': { type: 'boolean', help: 'Stops at the end of the current epoch; by default at once.' } },
  examples: [
    ['lamina stop examples/mnist', 'Waits until the run has ended.'],
    ['lamina stop examples/mnist --run 7 --after-epoch', 'Stops run 7 at the end of its current epoch.'],
  ],
  command: (options) => ({ kind: 'stop', when: options['after-epoch'] === true ? 'epoch' : 'now' }),
  waitsFor: () => hasEnded,
});

export const setCommand = commandToRun({
  name: 'set',
  summary: 'Changes settings of a run while it trains.',
  options: {
    'learning-rate': {
      type: 'string',
      placeholder: 'RATE',
      help: "Replaces the optimizer's; a schedule continues from its position.",
    },
    epochs: { type: 'string', placeholder: 'N', help: 'Epochs to train in total.' },
    patience: {
      type: 'string',
      placeholder: 'N',
      help: 'Epochs without improvement after which early stopping ends it.',
    },
    ...freezingOptions,
  },
  examples: [
    [
      'lamina set examples/mnist --learning-rate 0.0001 --epochs 40',
      'Waits until the run applies both, between two steps.',
    ],
    [
      'lamina set examples/pictures --freeze conv_1 --freeze conv_2',
      'Trains only the other layers from the next step on.',
    ],
    ['lamina set examples/pictures --freeze-all-but 2', 'Trains only the last two layers with weights.'],
    [
      'lamina set my-project --unfreeze stack --freeze stack/dense',
      "Trains all of the block 'stack' but its layer 'dense'.",
    ],
  ],
  command: (options, run) => ({ kind: 'set', patch: settingsPatch(options, run) }),
  waitsFor: (command, store, id) => {
    const next = store.nextCommand(id);
    const earlier = new Set(store.refusals(id).map(({ seq }) => seq));
    const isSent = (known: { seq: number; command: RunCommand }): boolean =>
      known.seq >= next && !earlier.has(known.seq) && sameJson(known.command, command);
    return (state) => {
      if (store.nextCommand(id) > next && store.get(id).commands.some(isSent)) return true;
      const isRefused = store.refusals(id).some(isSent);
      if (!isRefused && !hasEnded(state)) return false;
      const { number, warnings } = store.get(id);
      // The refusal and its warning are recorded together.
      const why = isRefused ? warnings.at(-1) : undefined;
      throw new AppError('training/cannot-set', why ?? `Run ${number} ended before it applied the settings.`, {
        runId: id,
      });
    };
  },
});

function settingsPatch(options: OptionValues, run: RunRecord): SettingsPatch {
  const frozen = freezingOf(options, run);
  const given = {
    learningRate: learningRateOf(options),
    epochs: wholeNumber(options, 'epochs', 1, MAX_COUNT),
    patience: wholeNumber(options, 'patience', 0, MAX_COUNT),
    frozen: frozen.length === 0 ? undefined : frozen,
  };
  if (Object.values(given).every((value) => value === undefined)) {
    throw new AppError(
      'cli/bad-arguments',
      "Expected --learning-rate, --epochs, --patience, --freeze, --unfreeze or --freeze-all-but; received none of them. See 'lamina set --help'.",
    );
  }
  const { success, data, error } = settingsPatchSchema.safeParse(given);
  if (success) return data;
  throw new AppError('cli/bad-arguments', `${issuesText(error, given)}. See 'lamina set --help'.`);
}

/** @throws AppError 'cli/bad-arguments' if it is not a number. */
function learningRateOf(options: OptionValues): number | undefined {
  const given = text(options, 'learning-rate');
  if (given === undefined) return undefined;
  if (given.trim() !== '' && Number.isFinite(Number(given))) return Number(given);
  throw new AppError('cli/bad-arguments', `--learning-rate expects a number above 0; received '${given}'.`);
}
