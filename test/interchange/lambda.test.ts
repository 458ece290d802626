import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { relativeDifference } from '../../src-main/engines/interface/relative-difference.ts';
import { standaloneModel } from '../../src-shared/compiler/standalone-model.ts';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { setParameter } from '../../src-shared/document/edits/edits.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { leavesPlaceholder } from '../../src-shared/interchange/import-report.ts';
import { readKeras } from '../../src-shared/interchange/keras/from-keras.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import { imported, unpackedFixture } from '../support/imported-models.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/lambda');

interface Expected {
  readonly inputs: readonly number[];
  readonly predictions: readonly number[];
}

const expected = JSON.parse(readFileSync(join(FIXTURES, 'expected.json'), 'utf8')) as Expected;

describe.each(['keras', 'h5'])('a .%s file with Lambda layers', (suffix) => {
  test('opens with its weights; with formulas in place of the code it predicts as Keras', async () => {
    const folder = temporaryFolder();
    const path = join(folder, `model.${suffix}`);
    await writeFile(path, await unpackedFixture(join(FIXTURES, `model.${suffix}`)));
    const { document, report, weights } = await imported(path, join(folder, 'artifacts'));
    expect(report.rows.filter(({ outcome }) => outcome === 'not-taken')).toEqual([
      expect.objectContaining({ layer: 'scaled', className: 'Lambda', kind: 'Formula', fileShape: [null, 3] }),
      expect.objectContaining({ layer: 'distance', className: 'Lambda', kind: 'Formula', fileShape: [null, 3] }),
    ]);
    // The list of changes says the same of them.
    expect(report.losses.filter(leavesPlaceholder).map(({ layer }) => layer)).toEqual(['scaled', 'distance']);
    expect(report.rows.filter(({ parameters, fileParameters }) => parameters !== fileParameters)).toEqual([]);

    const { problems } = analyze(document, null);
    const missing = problems.filter(({ severity, param }) => severity === 'error' && param === 'formula');
    expect(missing.map(({ message }) => message)).toEqual([
      "Formula 'scaled' expected a formula; received none. In the file it is the Python function scaled with factor = 3, output 3, which is never run. Write a formula that computes the same of its input a.",
      "Formula 'distance' expected a formula; received none. In the file it is an unnamed Python function, output 3, which is never run. Write a formula that computes the same of its inputs a, b, ….",
    ]);
    const idOf = (name: string): string => document.nodes.find((node) => node.name === name)!.id;
    expect(missing[0]!.fixes).toEqual([
      { label: 'Write the formula', action: 'edit-param', params: { nodeId: idOf('scaled'), name: 'formula' } },
    ]);
    expect(standaloneModel(document, null).ok).toBe(false);

    const write = (model: ModelDocument, name: string, formula: string): ModelDocument =>
      applyChange(model, setParameter(model, [idOf(name)], 'formula', formula)!);
    const written = write(write(document, 'scaled', 'a * 3'), 'distance', 'abs(a - b)');
    const compiled = standaloneModel(written, null);
    if (!compiled.ok) throw new Error(compiled.problems[0]!.message);
    const { program, inputs, outputs } = compiled.model;
    const feeds = [
      [inputs[0]!.input, tensorOf('float32', [3, 4], Float32Array.from(expected.inputs))] as const,
      ...[...weights].map(([name, { dtype, shape, data }]) => [name, tensorOf(dtype, shape, data)] as const),
    ];
    const found = interpret(program, new Map(feeds)).outputs.get(outputs[0]!.output)!;
    expect(relativeDifference([...found.data], expected.predictions, 0)).toBeLessThan(1e-5);
  });
});

describe('the placeholder says what the Lambda was', () => {
  const CODE = '4wEAAAAAAAAAAAAAAAUAAAADAAAA80YAAACXAHQ=';
  const standsFor = (version: string, config: object): unknown => {
    const layers = [
      { class_name: 'InputLayer', config: { name: 'x', batch_shape: [null, 4], batch_input_shape: [null, 4] } },
      { class_name: 'Lambda', config: { name: 'it', ...config } },
    ];
    const text = JSON.stringify({ class_name: 'Sequential', config: { name: 'm', layers }, keras_version: version });
    const { sketch, report } = readKeras(text);
    expect(report.losses).toEqual([
      expect.objectContaining({ code: 'keras/lambda', severity: 'changed', layer: 'it' }),
    ]);
    expect(JSON.stringify(sketch)).not.toContain(CODE);
    expect(sketch![1]).toMatchObject({ kind: 'Formula', params: { formula: '' } });
    return sketch![1]!.params['standsFor'];
  };

  test.each([
    ['3.8.0', { function: { class_name: 'function', config: 'scale' } }, 'the Python function scale'],
    [
      '3.8.0',
      { function: { class_name: '__lambda__', config: { code: CODE } }, arguments: { by: [1, 2], how: { a: 1 } } },
      'an unnamed Python function with by = [1,2], how = {…}',
    ],
    ['2.4.0', { function: [CODE, null, null], function_type: 'lambda' }, 'an unnamed Python function'],
    ['2.4.0', { function: 'scale', function_type: 'function' }, 'the Python function scale'],
    ['1.2.2', { function: CODE, function_type: 'lambda' }, 'an unnamed Python function'],
    ['3.8.0', { function: { class_name: 'function', config: '<script>' } }, 'an unnamed Python function'],
    ['3.8.0', {}, 'an unnamed Python function'],
  ])('Keras %s %o', (version, config, words) => {
    expect(standsFor(version, config)).toBe(words);
  });
});
