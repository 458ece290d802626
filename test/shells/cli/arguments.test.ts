import { describe, expect, test } from 'vitest';
import { commands } from '../../../src-main/shells/cli/commands.ts';
import { commandHelp, generalHelp } from '../../../src-main/shells/cli/options/help.ts';
import { choice, parseCommandLine, text, wholeNumber } from '../../../src-main/shells/cli/options/arguments.ts';
import type { Command } from '../../../src-main/shells/cli/options/command.ts';
import {
  describeTest,
  describeTestOf,
  flatTest,
  formatDuration,
  formatMetrics,
  formatNumber,
  overallStepsPerSecond,
} from '../../../src-main/shells/cli/terminal/format.ts';
import { suggest } from '../../../src-shared/text/suggest.ts';
import { runSummary } from '../../renderer/run-summary.ts';

const command: Command = {
  name: 'train',
  summary: '',
  usage: '<project folder> [options]',
  positionals: { min: 1, max: 1 },
  options: {
    epochs: { type: 'string', placeholder: 'N', help: '' },
    source: { type: 'string', placeholder: 'PATH', help: '' },
    json: { type: 'boolean', help: '' },
  },
  examples: [],
  run: () => Promise.resolve(0),
};

describe('parseCommandLine', () => {
  test('accepts options before, after and between positionals', () => {
    const { positionals, options } = parseCommandLine(command, ['--json', 'folder', '--epochs', '3', '--source=--odd']);
    expect(positionals).toEqual(['folder']);
    expect(options).toEqual({ json: true, epochs: '3', source: '--odd' });
  });

  const invalid: readonly string[][] = [
    [],
    ['a', 'b'],
    ['a', '--epoch', '3'],
    ['a', '--jso'],
    ['a', '--zzz'],
    ['a', '--epochs'],
    ['a', '--epochs', '--json'],
    ['a', '--json=yes'],
    ['a', '--toString'],
  ];
  const errorOf = (read: () => unknown): unknown => {
    try {
      return read();
    } catch (error) {
      return error;
    }
  };

  test.each(invalid)('rejects %j %j %j', (...args) => {
    const error = errorOf(() => parseCommandLine(command, args));
    expect(error).toMatchObject({ name: 'AppError', code: 'cli/bad-arguments' });
  });

  test('messages of invalid arguments', () => {
    const errors = invalid.map((args) => errorOf(() => parseCommandLine(command, args)) as Error);
    expect(errors.map(({ message }) => message)).toMatchInlineSnapshot(`
      [
        "Expected <project folder>. See 'lamina train --help'.",
        "Unexpected 'b'. See 'lamina train --help'.",
        "Unknown option '--epoch'. Did you mean --epochs? See 'lamina train --help'.",
        "Unknown option '--jso'. Did you mean --json? See 'lamina train --help'.",
        "Unknown option '--zzz'. See 'lamina train --help'.",
        "--epochs needs a value (N). See 'lamina train --help'.",
        "--epochs needs a value (N). See 'lamina train --help'.",
        "--json takes no value; received 'yes'. See 'lamina train --help'.",
        "Unknown option '--toString'. See 'lamina train --help'.",
      ]
    `);
  });

  test('needs no other arguments with --help', () => {
    expect(parseCommandLine(command, ['--help']).help).toBe(true);
    expect(parseCommandLine(command, ['-h']).help).toBe(true);
  });

  test('wholeNumber, choice and text check values', () => {
    const badArguments = expect.objectContaining({ code: 'cli/bad-arguments' }) as Error;
    expect(wholeNumber({ epochs: '12' }, 'epochs', 1, 100)).toBe(12);
    expect(wholeNumber({}, 'epochs', 1, 100)).toBeUndefined();
    for (const bad of ['0', '101', '1.5', '-3', '1e2', 'ten', '']) {
      expect(() => wholeNumber({ epochs: bad }, 'epochs', 1, 100)).toThrow(badArguments);
    }
    expect(choice({ engine: 'onnx' }, 'engine', ['tensorflow', 'onnx'])).toBe('onnx');
    expect(() => choice({ engine: 'torch' }, 'engine', ['tensorflow', 'onnx'])).toThrow(badArguments);
    expect(text({ source: 'x' }, 'source')).toBe('x');
  });
});

test('help lists every command, with usage and examples', async () => {
  const general = generalHelp(commands);
  for (const { name, load } of commands) {
    expect(general).toContain(`  ${name} `);
    const help = commandHelp(await load());
    expect(help).toContain(`Usage: lamina ${name}`);
    expect(help).toContain('Examples:');
  }
});

test('suggest returns a near name, but no distant one', () => {
  const names = ['train', 'evaluate', 'predict', 'export', 'runs', 'doctor'];
  expect(suggest('trian', names)).toBe('train');
  expect(suggest('eval', names)).toBe('evaluate');
  expect(suggest('exprot', names)).toBe('export');
  expect(suggest('docter', names)).toBe('doctor');
  expect(suggest('banana', names)).toBeNull();
});

test('numbers, durations and metrics are formatted', () => {
  expect([0, 0.123456, 12.3456, 123456.7, 1234567, 0.00001234].map(formatNumber)).toEqual([
    '0',
    '0.1235',
    '12.35',
    '123,457',
    '1.235e+6',
    '1.234e-5',
  ]);
  expect([400, 12_000, 185_000, 3_725_000].map(formatDuration)).toEqual(['0.4 s', '12 s', '3 min 05 s', '1 h 02 min']);
  expect(formatMetrics({ loss: 0.25, val_accuracy: 0.9341 })).toBe('loss 0.25  val_accuracy 93.41 %');
});

test('describeTestOf says that a completed run has no test rows, and nothing of a run that did not complete', () => {
  expect(describeTestOf(runSummary({ state: 'completed', test: null }))).toHaveLength(1);
  expect(describeTestOf(runSummary({ state: 'stopped', test: null }))).toEqual([]);
  const result = { metrics: { loss: 0.22 }, rows: 7, outputs: [] };
  const run = runSummary({ state: 'completed', test: result });
  expect(describeTestOf(run)).toEqual(describeTest(result, 'Test', run));
});

test('describeTest reports errors in the unit of the target', () => {
  const price = { output: 'output', target: 'price', unit: 'USD', rmseOriginal: 54210.4, rmseRelative: 0.4699 };
  const result = { metrics: { loss: 0.22, mae: 0.33 }, rows: 3096, outputs: [price] };
  expect(describeTest(result, 'Test', runSummary())).toEqual([
    'Test (3,096 rows, last weights, epoch 3): loss 0.22  mae 0.33',
    "RMSE 54,210 USD (0.47 of the target's standard deviation)",
  ]);
  expect(flatTest({ ...result, outputs: [{ ...price, confusion: [[1]] }] }, runSummary())).toEqual({
    loss: 0.22,
    mae: 0.33,
    rows: 3096,
    checkpoint: 'last',
    epoch: 3,
    unit: 'USD',
    rmseOriginal: 54210.4,
    rmseRelative: 0.4699,
  });
});

test('overallStepsPerSecond is steps over time, not the mean of rates', () => {
  const record = (stepsPerSecond: number) => ({ epoch: 1, metrics: {}, durationMs: 1, stepsPerSecond });
  expect(overallStepsPerSecond([record(100), record(300)])).toBeCloseTo(150);
  expect(overallStepsPerSecond([])).toBeNull();
});
